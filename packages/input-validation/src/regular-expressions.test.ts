import { readdirSync, readFileSync } from 'node:fs'
import { checkSync } from 'recheck'
import ts from 'typescript'
import { expect, it } from 'vitest'

const folder = new URL('.', import.meta.url)

/** Every regular expression in the package's source, with its file. */
function* regularExpressions(): Generator<{ file: string; source: string; flags: string }> {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const tree = ts.createSourceFile(
      file,
      readFileSync(new URL(file, folder), 'utf8'),
      ts.ScriptTarget.Latest,
    )
    const open: ts.Node[] = [tree]
    for (let node = open.pop(); node; node = open.pop()) {
      ts.forEachChild(node, (child) => {
        open.push(child)
      })
      if (!ts.isRegularExpressionLiteral(node)) continue
      const end = node.text.lastIndexOf('/')
      yield { file, source: node.text.slice(1, end), flags: node.text.slice(end + 1) }
    }
  }
}

it('takes time linear in the text for every regular expression, and none keeps a position', () => {
  const all = [...regularExpressions()]
  expect(all.length).toBeGreaterThan(2)
  for (const { file, source, flags } of all) {
    // recheck reads ES2018: the property is a character class like any other.
    const readable = source.replaceAll(/\\p\{\w+\}/g, 'a')
    expect({ file, source, status: checkSync(readable, flags).status }).toEqual({
      file,
      source,
      status: 'safe',
    })
    // One that keeps a position between calls answers true and false in turns.
    if (/^(detectors|fields|inspection)/.test(file))
      expect({ file, source, flags }).toEqual({ file, source, flags: flags.replaceAll(/[gy]/g, '') })
  }
}, 60_000)
