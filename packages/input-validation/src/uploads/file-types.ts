/** Types whose files begin with bytes of their own, by WHATWG MIME Sniffing and the formats' own specifications. */
const signatures = {
  'image/png': [{ at: 0, bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] }],
  'image/jpeg': [{ at: 0, bytes: [0xff, 0xd8, 0xff] }],
  'image/gif': [{ at: 0, bytes: [0x47, 0x49, 0x46, 0x38] }],
  'image/webp': [
    { at: 0, bytes: [0x52, 0x49, 0x46, 0x46] },
    { at: 8, bytes: [0x57, 0x45, 0x42, 0x50] },
  ],
  'image/avif': [{ at: 4, bytes: [0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69, 0x66] }],
  'application/pdf': [{ at: 0, bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] }],
  'application/zip': [{ at: 0, bytes: [0x50, 0x4b, 0x03, 0x04] }],
  'application/gzip': [{ at: 0, bytes: [0x1f, 0x8b, 0x08] }],
  'audio/mpeg': [{ at: 0, bytes: [0x49, 0x44, 0x33] }],
  'audio/ogg': [{ at: 0, bytes: [0x4f, 0x67, 0x67, 0x53] }],
  'audio/wav': [
    { at: 0, bytes: [0x52, 0x49, 0x46, 0x46] },
    { at: 8, bytes: [0x57, 0x41, 0x56, 0x45] },
  ],
  'audio/flac': [{ at: 0, bytes: [0x66, 0x4c, 0x61, 0x43] }],
  'video/mp4': [{ at: 4, bytes: [0x66, 0x74, 0x79, 0x70] }],
  'video/webm': [{ at: 0, bytes: [0x1a, 0x45, 0xdf, 0xa3] }],
} as const

/** Types that are text in UTF-8: what they are beside that, only their extension says. */
const textTypes = ['text/plain', 'text/markdown', 'text/csv', 'application/json'] as const

/** A type that a file may have. It is found by the file's bytes. */
export type FileType = keyof typeof signatures | (typeof textTypes)[number]

/** Every type, the more special of two first: an AVIF file is of the family of MP4. */
export const fileTypes = [...(Object.keys(signatures) as (keyof typeof signatures)[]), ...textTypes] as const

/** How many bytes from the start decide. */
export const headBytes = 16

const isText = (type: FileType): boolean => (textTypes as readonly string[]).includes(type)

const beginsAs = (type: keyof typeof signatures, head: Buffer): boolean =>
  signatures[type].every(({ at, bytes }) => bytes.every((byte, index) => head[at + index] === byte))

/** The type by a signature, `'text'` for what has none, which may be text. */
function typeOf(head: Buffer): FileType | 'text' {
  for (const type of fileTypes)
    if (type in signatures && beginsAs(type as keyof typeof signatures, head)) return type
  return 'text'
}

/** Finds the type of a file while its bytes arrive. */
export class FileTypeReader {
  readonly #allowed: readonly FileType[]
  readonly #declared: string
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #head = Buffer.alloc(0)
  #isText = true

  /** @param declared - what the client says, which decides between types of text alone */
  constructor(allowed: readonly FileType[], declared: string) {
    this.#allowed = allowed
    this.#declared = declared.toLowerCase()
  }

  /** @returns whether the file may still be of an allowed type */
  add(chunk: Buffer): boolean {
    if (this.#head.length < headBytes)
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, headBytes - this.#head.length)])
    if (this.#isText && this.#allowed.some(isText)) this.#isText = this.#decodes(chunk)
    return this.#head.length < headBytes || this.#find() !== undefined
  }

  /** The type of the whole file; `undefined` for one that is not allowed. */
  end(): FileType | undefined {
    if (this.#isText) this.#isText = this.#decodes(undefined)
    return this.#find()
  }

  #find(): FileType | undefined {
    const found = typeOf(this.#head)
    if (found !== 'text') return this.#allowed.includes(found) ? found : undefined
    if (!this.#isText) return undefined
    const texts = this.#allowed.filter(isText)
    return texts.find((type) => type === this.#declared) ?? texts[0]
  }

  #decodes(chunk: Buffer | undefined): boolean {
    try {
      return !this.#decoder.decode(chunk, { stream: chunk !== undefined }).includes('\0')
    } catch {
      return false
    }
  }
}
