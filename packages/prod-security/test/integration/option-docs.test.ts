import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { readOptionLeaves } from '../settings/option-leaves.ts'

const root = join(import.meta.dirname, '../../../..')
const file = join(root, 'packages/prod-security/test/integration/written-by-a-user.ts')

/** A configuration whose keys are looked at, as in an editor, one of each way to write a rule. */
const text = `import { alfredHardening } from '@alfred/prod-security'
alfredHardening({
  trustProxy: 1,
  server: { keepAliveTimeoutMs: 70_000, exempt: [], maxConnectionsPerAddress: 9 },
  loadShedding: { maxInFlight: 9, exempt: '/livez' },
})
`

/** What an editor shows over a key of {@link text}. */
function createHover(): (key: string) => string {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const read = (path: string): string | undefined => (path === file ? text : ts.sys.readFile(path))
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ ...options, noEmit: true }),
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot(path) {
      const source = read(path)
      return source === undefined ? undefined : ts.ScriptSnapshot.fromString(source)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: (each) => ts.getDefaultLibFilePath(each),
    fileExists: (path) => path === file || ts.sys.fileExists(path),
    readFile: read,
    directoryExists: (path) => ts.sys.directoryExists(path),
    getDirectories: (path) => ts.sys.getDirectories(path),
    realpath: (path) => ts.sys.realpath?.(path) ?? path,
  })
  return (key) => {
    const info = service.getQuickInfoAtPosition(file, text.indexOf(` ${key}: `) + 1)
    const tags = (info?.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`)
    return [ts.displayPartsToString(info?.documentation), ...tags].join('\n')
  }
}

it('an editor shows what an option means and its default', () => {
  const hover = createHover()
  const shown = ['trustProxy', 'keepAliveTimeoutMs', 'maxConnectionsPerAddress', 'maxInFlight'].map(hover)
  expect(shown).toEqual([
    expect.stringMatching(/^Which peers may say on whose behalf they ask[^]*@default false$/),
    expect.stringMatching(/^How long an idle connection is kept[^]*@default 65_000$/),
    expect.stringMatching(/^Connections at once of one client address[^]*@default no limit$/),
    expect.stringMatching(/^Most requests under way at once[^]*@default false$/),
  ])
}, 60_000)

/** Members of other libraries' objects, and parts that the text of their option explains. */
const explainedElsewhere = /registry\.|cacheControl\.noStore|policies\.0\.(?:windowMs|key)$|redis\.sentinel/

it('every option has documentation', () => {
  const bare = readOptionLeaves().filter(({ documentation }) => documentation === '')
  expect(bare.map(({ path }) => path.join('.')).filter((path) => !explainedElsewhere.test(path))).toEqual([])
}, 60_000)
