type BeginsAs = (head: Buffer) => boolean

const bytes =
  (hex: string, at = 0): BeginsAs =>
  (head) =>
    head.subarray(at, at + hex.length / 2).toString('hex') === hex

const textAt = (head: Buffer, from: number, to: number): string => head.toString('latin1', from, to)

/** A file of the ISO base media format, by its major brand. */
const brand =
  (brands: RegExp): BeginsAs =>
  (head) =>
    textAt(head, 4, 8) === 'ftyp' && brands.test(textAt(head, 8, 12))

/** ID3 of a version that exists, or the first frame of layer III. */
const isMp3: BeginsAs = (head) =>
  (textAt(head, 0, 3) === 'ID3' && (head[3] ?? 255) < 16 && (head[4] ?? 255) < 16) ||
  (head[0] === 0xff && ((head[1] ?? 0) & 0xe6) === 0xe2)

const riff =
  (kind: string): BeginsAs =>
  (head) =>
    textAt(head, 0, 4) === 'RIFF' && textAt(head, 8, 12) === kind

/** Types whose files begin with bytes of their own, by WHATWG MIME Sniffing and the formats' own specifications. */
const signatures = {
  'image/png': bytes('89504e470d0a1a0a'),
  'image/jpeg': bytes('ffd8ff'),
  'image/gif': (head) => /^GIF8[79]a$/.test(textAt(head, 0, 6)),
  'image/webp': riff('WEBP'),
  'image/avif': brand(/^avi[fs]$/),
  'application/pdf': bytes('255044462d'),
  'application/zip': bytes('504b0304'),
  'application/gzip': bytes('1f8b08'),
  'audio/mpeg': isMp3,
  'audio/ogg': bytes('4f676753'),
  'audio/wav': riff('WAVE'),
  'audio/flac': bytes('664c6143'),
  'video/mp4': brand(/^(?:isom|iso[2-9]|mp4[12]|avc1|M4V |dash|mmp4|MSNV)$/),
  // Matroska's files begin alike; the name of the kind stands in the first element.
  'video/webm': (head) => bytes('1a45dfa3')(head) && textAt(head, 4, headBytes).includes('webm'),
} as const satisfies Readonly<Record<string, BeginsAs>>

/** Types that are text in UTF-8: what they are beside that, only their extension says. */
const textTypes = ['text/plain', 'text/markdown', 'text/csv', 'application/json'] as const

/** A type that a file may have. It is found by the file's bytes. */
export type FileType = keyof typeof signatures | (typeof textTypes)[number]

/** Every type. */
export const fileTypes = [...(Object.keys(signatures) as (keyof typeof signatures)[]), ...textTypes] as const

/** How many bytes from the start decide. */
export const headBytes = 64

const isText = (type: FileType): boolean => (textTypes as readonly string[]).includes(type)

/** The type by a signature, `'text'` for what has none, which may be text. */
function typeOf(head: Buffer): FileType | 'text' {
  for (const [type, beginsAs] of Object.entries(signatures))
    if (beginsAs(head)) return type as keyof typeof signatures
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
