import { libraryConfig } from '../../tsup.base.ts'

export default libraryConfig(['src/index.ts', 'src/client-keys.ts', 'src/audit.ts', 'src/providers.ts'])
