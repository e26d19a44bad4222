import { isDigit, isSpace, isWordUnit } from '../text/character.ts'
import { createFindingList, type Detector } from '../text/finding.ts'

/** Delimiters of template languages: Jinja, Twig, Handlebars; JS, Java EL, shell; ERB, EJS; Ruby, Pug; Thymeleaf. */
export const delimiters: readonly (readonly [open: string, close: string])[] = [
  ['{{', '}}'],
  ['{%', '%}'],
  ['${', '}'],
  ['<%', '%>'],
  ['#{', '}'],
  ['*{', '}'],
]

/** The longest expression that is looked at. */
const maxExpressionLength = 256

/** What expressions say that reach out of a template's sandbox. */
const escapes = [
  '__class__',
  '__mro__',
  '__subclasses__',
  '__globals__',
  '__builtins__',
  '__import__',
  '__init__',
  'constructor.constructor',
  "['constructor']",
  '["constructor"]',
  'getclass()',
  'forname(',
  'getruntime',
  'processbuilder',
  'java.lang',
  't(java',
  'freemarker.template',
  'jndi:',
  'popen(',
  'system(',
  'exec(',
  'passthru(',
  'shell_exec',
  'child_process',
  'mainmodule',
  'global.process',
  'process.env',
  'require(',
  'file.open',
  'file.read',
  '_self.env',
  'registerundefinedfiltercallback',
  'lipsum',
  'cycler.',
  'self.__',
  'request.application',
  'config.items',
  'open(',
  'eval(',
]

/** Calls that turn text into code, wherever they stand. */
export const calls: readonly string[] = [
  'eval',
  'Function',
  'setTimeout',
  'setInterval',
  'execScript',
  'require',
  'exec',
  'system',
  'popen',
  'passthru',
  'shell_exec',
  'assert',
  '__import__',
  'import',
]

/** Two numbers with an operator: how template injection is probed for, since no template needs it. */
function isArithmetic(expression: string): boolean {
  let index = 0
  const skipSpaces = (): void => {
    while (isSpace(expression.charCodeAt(index)) || expression.charAt(index) === "'") index++
  }
  const number = (): boolean => {
    const start = index
    while (isDigit(expression.charCodeAt(index))) index++
    return index > start
  }
  if (expression.charAt(0) === '=') index = 1
  skipSpaces()
  if (!number()) return false
  skipSpaces()
  if (!'*+-'.includes(expression.charAt(index)) || index >= expression.length) return false
  index++
  skipSpaces()
  return number()
}

function escapesIn(text: string): readonly string[] {
  const lower = text.toLowerCase()
  return escapes.filter((escape) => lower.includes(escape))
}

function expressionScore(expression: string, known: readonly string[]): number {
  if (known.length > 0) {
    const lower = expression.toLowerCase()
    if (known.some((escape) => lower.includes(escape))) return 0.85
  }
  return isArithmetic(expression) ? 0.8 : 0.45
}

/**
 * Finds expressions of template languages (CWE-1336) and calls that run text as code (CWE-95). That somebody writes
 * `${name}` or `eval(code)` is no attack in a text about programming; an expression that climbs to the interpreter is.
 */
export const detectCode: Detector = (text, maxFindings) => {
  const { findings, add } = createFindingList(maxFindings)
  let known: readonly string[] | undefined
  for (const [open, close] of delimiters) {
    // Where no closing delimiter follows there is none for any later opening either.
    let closing = 0
    for (let start = text.indexOf(open); start !== -1;) {
      const from = start + open.length
      if (closing < from) closing = text.indexOf(close, from)
      if (closing === -1) break
      const end = Math.min(closing, from + maxExpressionLength)
      known ??= escapesIn(text)
      add(start, Math.min(closing + close.length, text.length), expressionScore(text.slice(from, end), known))
      start = text.indexOf(open, closing + close.length)
    }
  }
  for (const name of calls) {
    for (let start = text.indexOf(name); start !== -1;) {
      const end = start + name.length
      const isCall =
        text.charAt(end) === '(' && !isWordUnit(text.charCodeAt(start - 1)) && text.charAt(start - 1) !== '.'
      if (isCall) add(start, end + 1, 0.45)
      start = text.indexOf(name, end)
    }
  }
  return findings
}
