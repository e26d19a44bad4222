import path from 'node:path'
import ts from 'typescript'

interface BannedWord {
  readonly word: RegExp
  /** What to write instead. */
  readonly instead: string
}

const superlative = /^(?:most|longest|largest|biggest|highest|shortest|smallest|fewest|least)(?![a-z])/

/** Of names: variables, members, functions, types, files. `docs/reference/glossary.md` has the words that stay. */
const inNames: readonly BannedWord[] = [
  { word: superlative, instead: 'bounds and extremes are max… and min…' },
  { word: /^(?:told|asked|given|held|came)$/, instead: 'a noun for what it is, or is… for a boolean' },
  {
    word: /^places?(?![a-z])|(?<!In|in)Places?(?![a-z])/,
    instead: 'index, offset, position, target or location',
  },
  { word: /^purses?(?![a-z])|Purses?(?![a-z])/, instead: 'budget or quota' },
]

/** Of texts that a person reads: messages of errors and of the log, advice, help. */
const inMessages: readonly BannedWord[] = [
  { word: /\b(?:is|are|was|were) told of\b|\btells of\b/i, instead: 'log, report, notify' },
  { word: /\bstands still\b/i, instead: 'stops' },
  { word: /\b(?:was|were|come|comes|came) first\b/i, instead: 'wrote first, won' },
  { word: /\ba century\b/i, instead: 'a number of milliseconds or years' },
]

/** Files take words apart with hyphens, where names have capitals. */
const camelCase = (name: string): string =>
  name.replace(/-(.)/g, (_whole, letter: string) => letter.toUpperCase())

const isMessage = (text: string): boolean => /\s/.test(text.trim())

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')
}

function declaredName(node: ts.Node): string | undefined {
  if (!('name' in node)) return undefined
  const { name } = node as ts.Node & { readonly name?: ts.Node }
  // What is imported is named where it is declared.
  if (!name || ts.isImportSpecifier(node) || ts.isPropertyAccessExpression(node)) return undefined
  return ts.isIdentifier(name) || ts.isPrivateIdentifier(name) ? name.text.replace('#', '') : undefined
}

const describe = (text: string, banned: readonly BannedWord[]): readonly string[] =>
  banned.filter(({ word }) => word.test(text)).map(({ instead }) => instead)

/** Types begin with a capital. */
const describeName = (name: string): readonly string[] =>
  describe(name.charAt(0).toLowerCase() + name.slice(1), inNames)

/**
 * The names and messages of a file that use words which the glossary replaces.
 *
 * @returns a line for each
 */
export function findBannedWords(file: string, source: string): readonly string[] {
  const faults = describeName(camelCase(path.basename(file).replace(/\..*$/, ''))).map(
    (instead) => `${file}: the name of the file: ${instead}`,
  )
  const parsed = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const visit = (node: ts.Node): void => {
    const line = `${file}:${String(parsed.getLineAndCharacterOfPosition(node.getStart(parsed)).line + 1)}`
    const name = declaredName(node)
    if (name !== undefined) {
      for (const instead of describeName(name)) faults.push(`${line}: "${name}": ${instead}`)
    }
    const text = textOf(node)
    if (text !== undefined && isMessage(text)) {
      for (const instead of describe(text, inMessages)) faults.push(`${line}: "${text.trim()}": ${instead}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(parsed)
  return faults
}
