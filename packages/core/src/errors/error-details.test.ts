import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, it } from 'vitest'

const file = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const source = ts.createSourceFile('error-details.ts', file('error-details.ts'), ts.ScriptTarget.Latest, true)

function membersOf(type: ts.TypeNode | undefined): readonly ts.PropertySignature[] {
  return type && ts.isTypeLiteralNode(type)
    ? type.members.filter((member) => ts.isPropertySignature(member))
    : []
}

const codes = source.statements
  .filter((statement) => ts.isInterfaceDeclaration(statement))
  .flatMap(({ members }) => members.filter((member) => ts.isPropertySignature(member)))

const textOf = (member: ts.PropertySignature): string =>
  `\`${member.name.getText()}${member.questionToken ? '?' : ''}\``

it('every code has a row in the reference, in order, with all details', () => {
  const rows = file('../../../../docs/reference/error-codes.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| /, '').trim()))
  expect(rows.map(([code, , details]) => [code, details])).toEqual(
    codes.map((code) => [textOf(code), membersOf(code.type).map(textOf).join(', ')]),
  )
})

it('every code is documented where it is declared', () => {
  const undocumented = codes.filter((code) => ts.getJSDocCommentsAndTags(code).length === 0)
  expect(undocumented.map(textOf)).toEqual([])
})
