import { libraryConfig } from '../../tsup.base.ts'

export default libraryConfig(['src/index.ts', 'src/html-worker.ts'])
