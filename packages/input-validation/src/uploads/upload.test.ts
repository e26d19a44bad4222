import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AlfredError, compose, createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock, listenOn } from '@alfred/testkit'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { createBodyGuard } from '../body/body-guard.ts'
import { createUpload } from './upload.ts'
import type { UploadOptions } from './upload-options.ts'
import type { UploadedFiles } from './uploaded-file.ts'

type Uploaded = IncomingMessage & { body?: unknown; files?: UploadedFiles }

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(100)])

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'uploads-'))
  onTestFinished(() => rm(directory, { recursive: true }))
})

const options = (): UploadOptions => ({
  directory,
  files: {
    avatar: { types: ['image/png', 'image/jpeg'], maxBytes: 1000 },
    notes: { types: ['text/markdown', 'text/plain'], maxCount: 2, maxBytes: 50_000 },
  },
})

interface Started {
  readonly port: number
  readonly refused: unknown[]
  readonly send: (form: FormData) => Promise<readonly [number, unknown]>
}

const show = async (request: Uploaded, response: ServerResponse): Promise<void> => {
  const files = Object.values(request.files ?? {}).flat()
  const shown = files.map(async ({ path, ...file }) => ({ ...file, text: await readFile(path, 'latin1') }))
  response.end(JSON.stringify({ body: request.body, files: await Promise.all(shown) }))
}

async function start(given: Partial<UploadOptions> = {}, handler = show): Promise<Started> {
  const events = createEventBus(noopLogger)
  const refused: unknown[] = []
  events.on('validation.rejected', ({ code }) => refused.push(code))
  const guard = compose([createBodyGuard(), createUpload({ ...options(), events, ...given })])
  const server = createServer((request, response) => {
    guard(request, response, () => {
      void handler(request, response)
    })
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const port = await listenOn(server)
  return {
    port,
    refused,
    async send(form) {
      const response = await fetch(`http://127.0.0.1:${String(port)}/`, { method: 'POST', body: form })
      return [response.status, await response.json()]
    },
  }
}

interface Part {
  readonly field: string
  readonly bytes: string | Buffer
  readonly name?: string
  readonly type?: string
}

function form(...parts: readonly Part[]): FormData {
  const data = new FormData()
  for (const { field, bytes, name, type = '' } of parts) {
    if (name === undefined) data.append(field, String(bytes))
    else data.append(field, new Blob([new Uint8Array(Buffer.from(bytes as string))], { type }), name)
  }
  return data
}

it('hands files and fields to the handler, and removes them when it has answered', async () => {
  const { send } = await start()
  const sent = form(
    { field: 'title', bytes: 'Über' },
    { field: 'avatar', bytes: png, name: 'me.png', type: 'text/html' },
    { field: 'notes', bytes: '# ä', name: 'a.md', type: 'text/markdown' },
    { field: 'notes', bytes: '', name: 'empty.txt', type: 'text/plain' },
    { field: 'tag', bytes: 'a' },
    { field: 'tag', bytes: 'b' },
  )
  expect(await send(sent)).toEqual([
    200,
    {
      body: { title: 'Über', tag: ['a', 'b'] },
      files: [
        {
          field: 'avatar',
          name: 'me.png',
          type: 'image/png',
          bytes: png.length,
          text: png.toString('latin1'),
        },
        {
          field: 'notes',
          name: 'a.md',
          type: 'text/markdown',
          bytes: 4,
          text: Buffer.from('# ä').toString('latin1'),
        },
        { field: 'notes', name: 'empty.txt', type: 'text/plain', bytes: 0, text: '' },
      ],
    },
  ])
  await vi.waitFor(async () => {
    expect(await readdir(directory)).toEqual([])
  })
})

it('takes an input without a file for none, in a field of files or another', async () => {
  const { send } = await start()
  const untouched = (field: string): Part => ({
    field,
    bytes: '',
    name: '',
    type: 'application/octet-stream',
  })
  const sent = form(
    { field: 'title', bytes: 'Hi' },
    untouched('avatar'),
    untouched('avatar'),
    untouched('other'),
  )
  expect(await send(sent)).toEqual([200, { body: { title: 'Hi' }, files: [] }])
})

const avatar = (bytes: string | Buffer, name = 'a.png'): Part => ({
  field: 'avatar',
  bytes,
  name,
  type: 'image/png',
})

it.each<[string, readonly Part[], number, string]>([
  ['another type', [avatar('<svg onload=alert(1)>')], 415, 'file-type-refused'],
  ['another type, in a few bytes', [avatar('GIF')], 415, 'file-type-refused'],
  [
    'a text that is none',
    [{ field: 'notes', bytes: Buffer.from([0x61, 0xff]), name: 'a.txt' }],
    415,
    'file-type-refused',
  ],
  ['a text with NUL', [{ field: 'notes', bytes: 'a\0b', name: 'a.txt' }], 415, 'file-type-refused'],
  ['a picture where texts go', [{ field: 'notes', bytes: png, name: 'a.txt' }], 415, 'file-type-refused'],
  ['a large file', [avatar(Buffer.concat([png, Buffer.alloc(1000)]))], 413, 'file-too-large'],
  ['a second file', [avatar(png), avatar(jpeg)], 400, 'too-many-files'],
  ['an unknown field', [{ field: 'other', bytes: png, name: 'a.png' }], 400, 'unexpected-file'],
  [
    'bytes without a name',
    [{ ...avatar(png, ''), type: 'application/octet-stream' }],
    400,
    'file-name-refused',
  ],
  ['a name of a device', [avatar(png, 'con.png')], 400, 'file-name-refused'],
  ['a name that hides its end', [avatar(png, 'a\u202egnp.exe')], 400, 'file-name-refused'],
  ['a name that reaches prototypes', [{ field: '__proto__', bytes: '1' }], 400, 'forbidden-key'],
  [
    'many fields',
    Array.from({ length: 4 }, (_, index) => ({ field: `f${String(index)}`, bytes: '' })),
    400,
    'too-many-fields',
  ],
  ['a long field', [{ field: 'f', bytes: 'x'.repeat(101) }], 400, 'field-too-long'],
  ['a long form', [{ field: 'notes', bytes: 'x'.repeat(60_000), name: 'a.txt' }], 413, 'too-large'],
])('refuses %s, and keeps nothing', async (_what, parts, status, code) => {
  const { send, refused } = await start({ maxFields: 3, maxFieldBytes: 100, maxBytes: 50_000 })
  expect(await send(form(...parts))).toMatchObject([status, { code }])
  expect(refused).toEqual([code])
  await vi.waitFor(async () => {
    expect(await readdir(directory)).toEqual([])
  })
})

it.each([
  ['a body of another type', 'application/json', '{}', 'not-multipart'],
  ['no boundary', 'multipart/form-data', 'x', 'malformed'],
  [
    'a form that ends early',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
    'malformed',
  ],
  [
    'a file that ends early',
    'multipart/form-data; boundary=b',
    '--b\r\nContent-Disposition: form-data; name="notes"; filename="a.txt"\r\n\r\nx',
    'malformed',
  ],
])('refuses %s', async (_what, type, body, code) => {
  const { port } = await start()
  const response = await fetch(`http://127.0.0.1:${String(port)}/`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  })
  expect([response.status, await response.json()]).toMatchObject([code === 'malformed' ? 400 : 415, { code }])
})

const beginning =
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n' +
  '--b\r\nContent-Disposition: form-data; name="notes"; filename="a.txt"\r\n\r\nhello'

it('answers a client that is too slow, and removes what came', async () => {
  const clock = createFakeClock()
  const { port } = await start({ clock, timeoutMs: 5000 })
  const client = connect(port, '127.0.0.1')
  client.write(beginning)
  await vi.waitFor(async () => {
    const [folder = ''] = await readdir(directory)
    expect(await readFile(join(directory, folder, '0'), 'utf8')).toBe('hello')
  })
  clock.advance(5000)
  const [answer] = (await once(client, 'data')) as [Buffer]
  expect(String(answer)).toMatch(/^HTTP\/1\.1 408 /)
  client.destroy()
  await vi.waitFor(async () => {
    expect(await readdir(directory)).toEqual([])
  })
  await vi.waitFor(() => {
    expect(clock.pendingTimers).toBe(0)
  })
})

it('removes what came of a client that has left', async () => {
  const handler = vi.fn(show)
  const { port } = await start({}, handler)
  const client = connect(port, '127.0.0.1')
  client.write(beginning)
  await vi.waitFor(async () => {
    expect(await readdir(directory)).toHaveLength(1)
  })
  client.destroy()
  await vi.waitFor(async () => {
    expect(await readdir(directory)).toEqual([])
  })
  expect(handler).not.toHaveBeenCalled()
})

it('fails where another parser has read the form', async () => {
  const upload = createUpload(options())
  const server = createServer((request, response) => {
    upload(request, response, () => {
      upload(request, response, (error) => {
        response.statusCode = 500
        response.end(JSON.stringify(error instanceof AlfredError ? error.code : 'passed'))
      })
    })
  })
  onTestFinished(() => {
    server.close()
  })
  const port = await listenOn(server)
  const body = form(avatar(png))
  const response = await fetch(`http://127.0.0.1:${String(port)}/`, { method: 'POST', body })
  expect([response.status, await response.json()]).toEqual([500, 'ALFRED_UPLOAD_BODY_READ'])
})

it('refuses a bound of a file that the whole body never reaches, and none that nobody wrote', () => {
  createUpload({ files: { avatar: { types: ['image/png'] } }, maxBytes: 100 })
  expect(() => createUpload({ ...options(), maxBytes: 49_999 })).toThrow(/files\.notes\.maxBytes.*whole body/)
})
