import { join } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '../../../..')
const deepest = 7

/** The way to an option: the names of members, and `0` for an entry of a list. */
export type OptionPath = readonly (string | 0)[]

/** Interfaces that applications implement; their members are methods. */
const ports =
  /Store|Pool|Client|Logger|Clock|EventBus|Trail|TracerProvider|KeyEncryptionKey|Sink|RegExp|Resolver/

/** An option, and what an editor shows of its documentation. */
export interface OptionLeaf {
  readonly path: OptionPath
  readonly documentation: string
}

/** Every option of `AlfredConfig`: the objects of options as well as what is in them. */
export const readOptionPaths = (): readonly OptionPath[] => readOptionLeaves().map(({ path }) => path)

/** As {@link readOptionPaths}, read from the types, with the documentation. */
export function readOptionLeaves(): readonly OptionLeaf[] {
  const read = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root)
  const entry = join(root, 'packages/prod-security/src/config/alfred-config.ts')
  const program = ts.createProgram([entry], { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(entry)
  const module = source && checker.getSymbolAtLocation(source)
  const config = module && checker.getExportsOfModule(module).find(({ name }) => name === 'AlfredConfig')
  if (!config) throw new Error('AlfredConfig is not there')
  const found = new Map<string, OptionLeaf>()

  const isOurs = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).some((declaration) => {
      const file = declaration.getSourceFile().fileName
      return file.startsWith(join(root, 'packages')) && !file.includes('node_modules')
    })

  const documentationOf = (symbol: ts.Symbol): string =>
    [
      ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      ...symbol.getJsDocTags(checker).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`),
    ].join(' ')

  const take = (type: ts.Type, path: OptionPath, documentation: string): void => {
    if (path.length > 0) found.set(path.join('.'), { path, documentation: documentation.trim() })
    if (path.length > deepest) return
    const name = (type.aliasSymbol ?? type.getSymbol())?.name ?? ''
    if (ports.test(name) || type.getCallSignatures().length > 0) return
    if (type.isUnionOrIntersection()) {
      for (const part of type.types) take(part, path, documentation)
      return
    }
    if (checker.isArrayType(type) || checker.isTupleType(type)) {
      for (const each of checker.getTypeArguments(type as ts.TypeReference))
        take(each, [...path, 0], documentation)
      return
    }
    if (!(type.flags & ts.TypeFlags.Object)) return
    for (const { type: each } of checker.getIndexInfosOfType(type))
      take(each, [...path, 'name'], documentation)
    for (const member of checker.getPropertiesOfType(type)) {
      if (isOurs(member))
        take(checker.getTypeOfSymbol(member), [...path, member.name], documentationOf(member))
    }
  }
  take(checker.getDeclaredTypeOfSymbol(config), [], '')
  return [...found.values()]
}
