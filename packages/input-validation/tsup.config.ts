import { libraryConfig } from '../../tsup.base.ts'

export default libraryConfig({
  index: 'src/index.ts',
  detectors: 'src/detectors.ts',
  // Beside the code that starts it, as in the source.
  'sanitizer-thread': 'src/sanitizer-threads/sanitizer-thread.ts',
})
