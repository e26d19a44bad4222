import { isDigit, isLowerCase, isSpace } from './character-codes.ts'
import { isTagOpening } from './html-fast-path.ts'
import { levelsOf } from './html-structure.ts'
import type { SimpleContent, SimpleElement } from './simple-html-elements.ts'
import type { SimpleHtmlPolicy } from './simple-html-policy.ts'

/** An element that is open: one of the table, one of no meaning that is left out, or one that no tag opened. */
interface OpenElement {
  readonly name: string
  readonly content: SimpleContent
  readonly kind: 'dropped' | 'implied' | 'kept'
}

const impliedBody: OpenElement = { name: 'tbody', content: 'rows', kind: 'implied' }

/** Beyond, each leaves garbage to collect: what has more of them may take longer than this thread should. */
const maxReplacements = 4096

/** A name that may mean nothing: ASCII alone, without hyphen, which makes a custom element, quotation mark and `=`. */
const plainName = /^[a-z][a-z0-9_.,:;<()[\]{}*&|+#$%!?@^~\\]*$/i

/** The references that stay in text, as serialised, and those that become the character. */
const references: readonly (readonly [string, string])[] = [
  ['&lt;', '&lt;'],
  ['&gt;', '&gt;'],
  ['&amp;', '&amp;'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&nbsp;', '&nbsp;'],
]

const isNameCharacter = (code: number): boolean => isLowerCase(code) || isDigit(code)

const holdsText = (content: SimpleContent): boolean => content === 'flow' || content === 'phrasing'

const mayStandIn = (content: SimpleContent, { parent }: SimpleElement): boolean =>
  content === parent || (content === 'flow' && parent === 'phrasing')

/** Reads one text from its start to its end, or to the first character that only a parser understands. */
export class SimpleHtmlReader {
  readonly #text: string
  readonly #maxDepth: number
  readonly #policy: SimpleHtmlPolicy
  /** What comes next. */
  #at = 0
  /** The output so far, of the text in front of `#copied`. */
  #output = ''
  #copied = 0
  #replacements = 0
  readonly #open: OpenElement[] = []
  /** What the innermost element holds. */
  #content: SimpleContent = 'flow'
  #openLinks = 0
  /** As `measureHtml` counts, or more: it is what refuses a text that is too deep. */
  #depth = 0
  #deepest = 0
  /** Whether every end tag was that of the element opened last; from the first that is not it counts none. */
  #isFollowed = true

  constructor(text: string, maxDepth: number, policy: SimpleHtmlPolicy) {
    this.#text = text
    this.#maxDepth = maxDepth
    this.#policy = policy
  }

  /** @returns the sanitised HTML, or `undefined` when a parser has to look at it */
  read(): string | undefined {
    const text = this.#text
    while (this.#at < text.length) {
      if (!this.#readNext()) return undefined
      if (this.#deepest >= this.#maxDepth || this.#replacements > maxReplacements) return undefined
    }
    if (this.#open.some(({ kind }) => kind !== 'dropped')) return undefined
    return this.#copied === 0 ? text : this.#output + text.slice(this.#copied)
  }

  #readNext(): boolean {
    const text = this.#text
    const code = text.charCodeAt(this.#at)
    if (code === 0x3c && isTagOpening(text.charCodeAt(this.#at + 1))) {
      return text.charCodeAt(this.#at + 1) === 0x2f ? this.#readEndTag() : this.#readStartTag()
    }
    if (!holdsText(this.#content)) {
      this.#at += 1
      return isSpace(code)
    }
    if (code === 0x26) return this.#readAmpersand()
    if (code === 0x3c) this.#replace(1, '&lt;')
    else if (code === 0x3e) this.#replace(1, '&gt;')
    else if (code === 0xa0) this.#replace(1, '&nbsp;')
    else this.#at += 1
    return true
  }

  #readStartTag(): boolean {
    const text = this.#text
    let end = this.#at + 1
    while (isNameCharacter(text.charCodeAt(end))) end += 1
    const behind = text.charCodeAt(end)
    const element =
      behind === 0x3e || behind === 0x20 || behind === 0x2f
        ? this.#policy.elements.get(text.slice(this.#at + 1, end))
        : undefined
    if (!element) return this.#dropStartTag()
    const { name } = element
    if (name === 'tr' && this.#content === 'sections') {
      // 13.2.6.4.9: a row right inside a table brings a body along.
      this.#replace(0, '<tbody>')
      this.#push(impliedBody)
    }
    // 13.2.6.4.7: a link closes an open one.
    if (!mayStandIn(this.#content, element) || (name === 'a' && this.#openLinks > 0)) return false
    if (this.#policy.judgesEveryElement || behind !== 0x3e) {
      end = this.#policy.readAttributes(text, end, name)
      if (end === -1) return false
    }
    const isVoid = element.content === 'nothing'
    if (text.charCodeAt(end) !== 0x3e) {
      const slash = text.startsWith('/>', end) ? 1 : text.startsWith(' />', end) ? 2 : 0
      if (!isVoid || slash === 0) return false
      this.#at = end
      this.#replace(slash, '')
      end = this.#at
    }
    this.#at = end + 1
    this.#deepest = Math.max(this.#deepest, this.#depth + levelsOf(name))
    if (isVoid) return true
    this.#depth += levelsOf(name)
    this.#push({ name, content: element.content, kind: 'kept' })
    // 13.2.6.4.7: the line feed behind it is dropped.
    return name !== 'pre' || text.charCodeAt(this.#at) !== 0x0a
  }

  /** Cuts out a start tag that means nothing. */
  #dropStartTag(): boolean {
    const text = this.#text
    let end = this.#at + 1
    for (;;) {
      const code = text.charCodeAt(end)
      if (code === 0x3e || code === 0x2f || isSpace(code)) break
      if (Number.isNaN(code)) return false
      end += 1
    }
    const written = text.slice(this.#at + 1, end)
    const name = written.toLowerCase()
    if (!plainName.test(written) || !this.#policy.isMeaningless(name) || !holdsText(this.#content))
      return false
    for (;;) {
      const code = text.charCodeAt(end)
      if (code === 0x3e) break
      // Quotation marks could hold a `>`; elsewhere it ends the tag.
      if (code === 0x22 || code === 0x27 || code === 0x3d || code === 0x3c || Number.isNaN(code)) return false
      end += 1
    }
    this.#replace(end + 1 - this.#at, '')
    this.#push({ name, content: this.#content, kind: 'dropped' })
    this.#depth += 1
    this.#deepest = Math.max(this.#deepest, this.#depth)
    return true
  }

  #readEndTag(): boolean {
    const end = this.#text.indexOf('>', this.#at)
    if (end === -1) return false
    const name = this.#text.slice(this.#at + 2, end)
    if (this.#open.at(-1)?.kind === 'implied' && name === 'table') {
      this.#replace(0, '</tbody>')
      this.#pop()
    }
    const top = this.#open.at(-1)
    if (top?.kind === 'dropped' && plainName.test(name) && top.name === name.toLowerCase()) {
      this.#replace(end + 1 - this.#at, '')
      if (this.#isFollowed) this.#depth -= 1
      this.#pop()
      return true
    }
    // What means nothing and was never closed ends with what it is in.
    while (this.#open.at(-1)?.kind === 'dropped') {
      this.#isFollowed = false
      this.#pop()
    }
    const closed = this.#open.at(-1)
    if (closed?.name !== name || closed.kind !== 'kept') return false
    if (this.#isFollowed) this.#depth -= levelsOf(name)
    this.#pop()
    this.#at = end + 1
    return true
  }

  /** A reference, or an ampersand that begins none (13.2.5.72). */
  #readAmpersand(): boolean {
    const reference = references.find(([written]) => this.#text.startsWith(written, this.#at))
    if (!reference) {
      const next = this.#text.charCodeAt(this.#at + 1)
      if (next === 0x23 || isDigit(next) || isLowerCase(next | 0x20)) return false
      this.#replace(1, '&amp;')
      return true
    }
    const [written, becomes] = reference
    if (written === becomes) this.#at += written.length
    else this.#replace(written.length, becomes)
    return true
  }

  #replace(length: number, by: string): void {
    this.#replacements += 1
    this.#output += this.#text.slice(this.#copied, this.#at) + by
    this.#copied = this.#at += length
  }

  #push(element: OpenElement): void {
    this.#open.push(element)
    this.#content = element.content
    if (element.name === 'a') this.#openLinks += 1
  }

  #pop(): void {
    if (this.#open.pop()?.name === 'a') this.#openLinks -= 1
    this.#content = this.#open.at(-1)?.content ?? 'flow'
  }
}
