import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '../../../../..')
const packages =
  'alerting,core,health,input-validation,key-vault,metrics,prod-security,rate-limit,security-headers,server,tracing'
const deepest = 8

/** The source files that the published packages export, read from their manifests. */
function entryFiles(): string[] {
  const files = globSync(`packages/{${packages}}/package.json`, { cwd: root }).flatMap((manifest) => {
    const { exports = {} } = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as {
      exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
    }
    return Object.values(exports).flatMap((entry) => {
      const source = typeof entry === 'string' ? undefined : entry['@alfred/source']
      return source === undefined ? [] : [join(root, manifest, '..', source)]
    })
  })
  return [...new Set(files)]
}

/** `createCors` of `createCors of packages/…`. */
const shortName = (via: string): string => via.split(/[ (]/)[0] ?? via

/**
 * Every function that an application can hand to a package, read from the types of what the packages export: members of
 * options, methods of ports such as stores and loggers, and parameters of the methods that factories return.
 *
 * @returns the names, as `CorsOptions.origin` or `EventBus.on(listener)`, with the export that leads there
 */
export function readFunctionOptions(): ReadonlyMap<string, string> {
  const read = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root)
  const entries = entryFiles()
  const program = ts.createProgram(entries, { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const found = new Map<string, string>()
  const walked = new Set<ts.Type>()
  const returned = new Set<ts.Type>()

  const isOurs = (declaration: ts.Declaration | undefined): declaration is ts.Declaration => {
    const file = declaration?.getSourceFile().fileName ?? ''
    return file.startsWith(join(root, 'packages')) && !file.includes('node_modules')
  }
  const ownerOf = ({ parent }: ts.Declaration, otherwise: string): string =>
    (ts.isInterfaceDeclaration(parent) || ts.isClassDeclaration(parent)) && parent.name
      ? parent.name.text
      : otherwise

  /** The interface that gives the options of a rule their name: the first of those that extend each other. */
  const interfaceWith = (type: ts.Type, member: string): string | undefined => {
    // `Omit<CorsOptions, 'logger'>`
    const [whole] = type.aliasTypeArguments ?? []
    if (whole && ['Omit', 'Pick'].includes(type.aliasSymbol?.name ?? '')) return interfaceWith(whole, member)
    if (!type.isClassOrInterface()) return type.aliasSymbol?.name
    const bases = checker
      .getBaseTypes(type)
      .filter((base) => base.isClassOrInterface() && base.getProperty(member))
    const [base] = bases
    return base ? interfaceWith(base, member) : type.symbol.name
  }

  /** Notes the functions in the type of something that an application hands over. */
  const take = (type: ts.Type, name: string, via: string, depth = 0): void => {
    if (depth > deepest) return
    if (type.isUnionOrIntersection()) {
      for (const part of type.types) take(part, name, via, depth)
      return
    }
    if (type.getCallSignatures().length > 0 && !found.has(name)) found.set(name, via)
    if (walked.has(type)) return
    walked.add(type)
    if (checker.isArrayType(type) || checker.isTupleType(type)) {
      for (const entry of checker.getTypeArguments(type as ts.TypeReference))
        take(entry, name, via, depth + 1)
      return
    }
    for (const { type: entry } of checker.getIndexInfosOfType(type)) take(entry, `${name}[*]`, via, depth + 1)
    for (const member of checker.getPropertiesOfType(type)) {
      const declaration = member.declarations?.[0]
      if (!isOurs(declaration)) continue
      const owner = ownerOf(
        declaration,
        interfaceWith(type, member.name) ?? `${shortName(via)}#${name.split('.').pop() ?? name}`,
      )
      take(checker.getTypeOfSymbol(member), `${owner}.${member.name}`, via, depth + 1)
    }
  }

  const takeParameters = (signatures: readonly ts.Signature[], name: string, via: string): void => {
    for (const signature of signatures) {
      for (const parameter of signature.getParameters()) {
        take(checker.getTypeOfSymbol(parameter), `${name}(${parameter.name})`, `${via}(${parameter.name})`)
      }
    }
  }

  /** Notes the functions that the methods of what a factory returns take. */
  const give = (type: ts.Type, via: string): void => {
    if (returned.has(type)) return
    returned.add(type)
    for (const method of checker.getPropertiesOfType(type)) {
      const declaration = method.declarations?.[0]
      if (!isOurs(declaration)) continue
      const signatures = checker.getTypeOfSymbol(method).getCallSignatures()
      takeParameters(signatures, `${ownerOf(declaration, shortName(via))}.${method.name}`, via)
    }
  }

  for (const entry of entries) {
    const source = program.getSourceFile(entry)
    const exported = source && checker.getSymbolAtLocation(source)
    for (const symbol of exported ? checker.getExportsOfModule(exported) : []) {
      const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      if (!(target.flags & ts.SymbolFlags.Value)) continue
      const type = checker.getTypeOfSymbol(target)
      const via = `${symbol.name} of ${relative(root, entry)}`
      const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()]
      takeParameters(signatures, symbol.name, via)
      for (const signature of signatures) give(signature.getReturnType(), via)
      if (signatures.length === 0) give(type, via)
    }
  }
  return found
}
