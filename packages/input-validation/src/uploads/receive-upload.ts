import { createWriteStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { BusboyInstance, Busboy as BusboyType } from '@fastify/busboy'
import { requireBeside } from '@alfred/core'
import { fileName } from '../fields/file-name.ts'
import { forbiddenName } from '../body/forbidden-name.ts'
import { FileTypeReader } from './file-types.ts'
import type { ResolvedUploadOptions } from './upload-options.ts'
import type { UploadRefusalCode } from './upload-refusal.ts'
import type { UploadedFile } from './uploaded-file.ts'

/** What a form held. */
export interface ReceivedUpload {
  readonly fields: ReadonlyMap<string, string | readonly string[]>
  readonly files: readonly UploadedFile[]
}

/** Stops an upload. What it says goes to the client. */
export class UploadRefusal extends Error {
  readonly code: UploadRefusalCode

  constructor(code: UploadRefusalCode) {
    super(`The upload is refused: ${code}.`)
    this.name = 'UploadRefusal'
    this.code = code
  }
}

const maxNameBytes = 200

const busboy = (): typeof BusboyType =>
  (requireBeside(import.meta.url)('@fastify/busboy') as { readonly Busboy: typeof BusboyType }).Busboy

/** Receives one form into a folder of its own. */
export class UploadReceiver {
  readonly #options: ResolvedUploadOptions
  readonly #folder: string
  readonly #abort = new AbortController()
  readonly #fields = new Map<string, string | string[]>()
  readonly #files: Promise<UploadedFile>[] = []
  readonly #counts = new Map<string, number>()
  readonly #isName = fileName()
  #bytes = 0

  constructor(options: ResolvedUploadOptions, folder: string) {
    this.#options = options
    this.#folder = folder
  }

  /** @throws {@link UploadRefusal}, or why the files could not be written */
  async receive(request: IncomingMessage, signal: AbortSignal): Promise<ReceivedUpload> {
    const parser = this.#parserOf(request)
    const stop = (error: unknown): void => {
      this.#abort.abort(error)
    }
    parser.on('file', (field, stream, name: string | undefined, _encoding, type) => {
      // Unread, a stream holds up the rest of the form.
      stream.on('error', () => undefined)
      try {
        // A form sends an untouched input as a file with an empty name and no bytes.
        // busboy gives an empty name as undefined.
        if (!name) {
          stream.once('data', () => {
            stop(new UploadRefusal('file-name-refused'))
          })
          stream.resume()
          return
        }
        const written = this.#takeFile(field, stream, name, type)
        written.catch(stop)
        this.#files.push(written)
      } catch (error) {
        stream.resume()
        stop(error)
      }
    })
    parser.on('field', (name, value, isNameCut, isValueCut) => {
      if (isNameCut || isValueCut) stop(new UploadRefusal('field-too-long'))
      else if (forbiddenName.test(name)) stop(new UploadRefusal('forbidden-key'))
      else this.#addField(name, value)
    })
    parser.on('fieldsLimit', () => {
      stop(new UploadRefusal('too-many-fields'))
    })
    const both = AbortSignal.any([signal, this.#abort.signal])
    try {
      await this.#parse(request, parser, both)
      return { fields: this.#fields, files: await Promise.all(this.#files) }
    } catch (error) {
      stop(error)
      await Promise.allSettled(this.#files)
      throw error
    }
  }

  #parserOf({ headers }: IncomingMessage): BusboyInstance {
    const { maxFields, maxFieldBytes } = this.#options
    const Parser = busboy()
    try {
      return new Parser({
        headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
        limits: { fields: maxFields, fieldSize: maxFieldBytes, fieldNameSize: maxNameBytes, headerPairs: 50 },
      })
    } catch {
      throw new UploadRefusal('malformed')
    }
  }

  /** The request is left alone when something stops the rest: whoever destroys it cuts the connection. */
  #parse(request: IncomingMessage, parser: BusboyInstance, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const count = (chunk: Buffer): void => {
        this.#bytes += chunk.length
        if (this.#bytes > this.#options.maxBytes) this.#abort.abort(new UploadRefusal('too-large'))
      }
      const stop = (): void => {
        request.off('data', count).unpipe(parser)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', stop, { once: true })
      parser.on('error', () => {
        this.#abort.abort(new UploadRefusal('malformed'))
      })
      parser.once('finish', resolve)
      request.on('data', count).pipe(parser)
      if (signal.aborted) stop()
    })
  }

  #addField(name: string, value: string): void {
    const earlier = this.#fields.get(name)
    if (earlier === undefined) this.#fields.set(name, value)
    else this.#fields.set(name, [earlier, value].flat())
  }

  #takeFile(field: string, stream: Readable, name: string, declared: string): Promise<UploadedFile> {
    const rule = this.#options.files.get(field)
    if (!rule) throw new UploadRefusal('unexpected-file')
    const count = (this.#counts.get(field) ?? 0) + 1
    this.#counts.set(field, count)
    if (count > rule.maxCount) throw new UploadRefusal('too-many-files')
    if (!this.#isName.safeParse(name).success) throw new UploadRefusal('file-name-refused')
    return this.#write(field, stream, name, new FileTypeReader(rule.types, declared), rule.maxBytes)
  }

  async #write(
    field: string,
    stream: Readable,
    name: string,
    reader: FileTypeReader,
    maxBytes: number,
  ): Promise<UploadedFile> {
    const path = join(this.#folder, String(this.#files.length))
    let bytes = 0
    const judge = async function* (chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
      for await (const chunk of chunks) {
        bytes += chunk.length
        if (bytes > maxBytes) throw new UploadRefusal('file-too-large')
        if (!reader.add(chunk)) throw new UploadRefusal('file-type-refused')
        yield chunk
      }
    }
    const target = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    await pipeline(stream, judge, target, { signal: this.#abort.signal })
    const type = reader.end()
    if (type === undefined) throw new UploadRefusal('file-type-refused')
    return { field, name, type, bytes, path }
  }
}
