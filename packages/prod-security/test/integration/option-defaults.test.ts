import { readFileSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../../..')

/** The value of a literal; `undefined` of an expression that has to be run. */
function valueOf(node: ts.Expression): unknown {
  if (ts.isStringLiteral(node)) return node.text
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false
  if (!ts.isArrayLiteralExpression(node)) return undefined
  const entries = node.elements.map(valueOf)
  return entries.includes(undefined) ? undefined : entries
}

/** What `.default(…)` at the end of a rule is given. */
function defaultOf(rule: ts.Expression): ts.Expression | undefined {
  if (!ts.isCallExpression(rule) || !ts.isPropertyAccessExpression(rule.expression)) return undefined
  return rule.expression.name.text === 'default' ? rule.arguments[0] : undefined
}

/** The literal that a `@default` begins with, or its words. */
function documented(text: string): unknown {
  const [, literal] = /^(\[[^\]]*\]|'[^']*'|[\d_.]+|true|false)/.exec(text) ?? []
  if (literal === undefined) return text
  return valueOf(
    ts.parseJsonText('default.json', literal.replaceAll("'", '"').replaceAll('_', '')).statements[0]
      ?.expression ?? ts.factory.createNull(),
  )
}

interface Default {
  readonly where: string
  readonly rule: unknown
  readonly documented: unknown
}

/** Each default of a rule that is a literal, beside what the documentation of the option says. */
function defaultsIn(file: string, text: string): readonly Default[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Default[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node)) {
      const value = defaultOf(node.initializer)
      const literal = value && valueOf(value)
      if (literal !== undefined) {
        const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === 'default')
        const said = ts.getTextOfJSDocComment(tag?.comment) ?? 'nothing'
        found.push({ where: `${file}: ${node.name.getText()}`, rule: literal, documented: documented(said) })
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const isNone = ({ rule, documented }: Default): boolean =>
  Array.isArray(rule) && rule.length === 0 && String(documented).startsWith('none')

const wrongOf = (defaults: readonly Default[]): readonly Default[] =>
  defaults.filter((each) => !isNone(each) && JSON.stringify(each.rule) !== JSON.stringify(each.documented))

it('the documentation of an option says the default that its rule has', async () => {
  const defaults: Default[] = []
  for await (const file of glob('packages/*/src/**/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8')
    // To parse every file takes longer than to look for the word.
    if (text.includes('.default(') && !file.endsWith('.test.ts')) defaults.push(...defaultsIn(file, text))
  }
  expect(defaults.length).toBeGreaterThan(60)
  expect(wrongOf(defaults)).toEqual([])
})

it.each([
  ['/** @default 10_000 */ maxKeys: option.integer().default(10000)', 0],
  ["/** @default ['GET', 'HEAD'] */ methods: option.list(option.string()).default(['GET', 'HEAD'])", 0],
  ['/** Paths. @default none */ skip: option.list(option.string()).default([])', 0],
  ['/** @default 100, and more where there is room */ size: option.integer().default(100)', 0],
  ['/** @default 10 */ maxKeys: option.integer().default(11)', 1],
  ['/** How many. */ maxKeys: option.integer().default(11)', 1],
  ["/** @default 'a' */ name: option.string().default('b')", 1],
])('tells a wrong one: %s', (member, expected) => {
  expect(wrongOf(defaultsIn('sample.ts', `export const rules = {\n${member}\n}`))).toHaveLength(expected)
})
