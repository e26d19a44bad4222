import { mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isRecord, readJson, replaceFile, textOf } from '../json.ts'
import { isDigest, type Release } from '../release.ts'
import type { Slot } from '../slot.ts'
import type { Backend, Running } from './backend.ts'
import type { ComposeCommand } from './compose-command.ts'
import { askSlot } from './slot-answer.ts'

export interface ComposeBackendOptions {
  readonly compose: ComposeCommand
  readonly slots: readonly Slot[]
  /** The image without its tag, such as `registry.example.com/alfred-server`. */
  readonly image: string
  readonly stateFolder: string
}

const versionLabel = 'org.opencontainers.image.version'

const migrateImage = 'ALFRED_IMAGE_MIGRATE'

const serviceOf = ({ name }: Slot): string => `app-${name}`
const variableOf = ({ name }: Slot): string => `ALFRED_IMAGE_${name.toUpperCase()}`

/** Asked inside the container: the slots publish no port. The token is a file there. */
const askScript = `
const { readFileSync } = require('node:fs')
const file = process.env.METRICS_TOKEN_FILE
const headers = file ? { authorization: 'Bearer ' + readFileSync(file, 'utf8').trim() } : {}
fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + process.argv[1], { headers, signal: AbortSignal.timeout(2000) })
  .then(async (answer) => console.log(JSON.stringify({ status: answer.status, body: await answer.text() })))
`

/** The app as two services of a compose file, each with an image of its own by variable. */
export function createComposeBackend({ compose: command, slots, image }: ComposeBackendOptions): Backend {
  const { compose, docker, slotsFile } = command

  async function inspectImage(reference: string, signal: AbortSignal): Promise<Release | undefined> {
    const format = `{{.Id}} {{index .Config.Labels "${versionLabel}"}}`
    const found = await docker(['image', 'inspect', '--format', format, reference], signal).catch(() => '')
    const [id = '', version = ''] = found.trim().split(' ')
    const digest = id.startsWith('sha256:') ? id : `sha256:${id}`
    return isDigest(digest) && version !== '' ? { version, digest } : undefined
  }

  /** The id of a slot's container, running or not. */
  async function containerOf(slot: Slot, signal: AbortSignal): Promise<string | undefined> {
    const id = await compose(['ps', '--all', '--quiet', serviceOf(slot)], signal)
    return id.trim().split('\n')[0] || undefined
  }

  async function writeImages(images: ReadonlyMap<string, string>): Promise<void> {
    await mkdir(dirname(slotsFile), { recursive: true })
    const lines = [...images].map(([variable, value]) => `${variable}=${value}\n`)
    await replaceFile(slotsFile, lines.join(''))
  }

  async function readImages(): Promise<Map<string, string>> {
    const text = await readFile(slotsFile, 'utf8').catch(() => '')
    return new Map(
      [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, variable = '', value = '']) => [variable, value] as const),
    )
  }

  return {
    slots,

    async fetch(reference, signal) {
      const name = isDigest(reference) ? `${image}@${reference}` : `${image}:${reference}`
      const local = isDigest(reference)
        ? await inspectImage(reference, signal)
        : await inspectImage(name, signal)
      if (local !== undefined) return local
      await docker(['pull', '--quiet', name], signal)
      const release = await inspectImage(name, signal)
      if (release === undefined) throw new Error(`${name} has no label ${versionLabel}`)
      return release
    },

    async isPresent({ digest }, signal) {
      return (await inspectImage(digest, signal)) !== undefined
    },

    async running(slot, signal): Promise<Running | undefined> {
      const container = await containerOf(slot, signal)
      if (container === undefined) return undefined
      const format = '{{.State.Running}} {{.Image}} {{.Id}} {{.State.StartedAt}}'
      const found = await docker(['inspect', '--format', format, container], signal)
      const [isRunning, id = '', ...instance] = found.trim().split(' ')
      if (isRunning !== 'true') return undefined
      return { digest: id.startsWith('sha256:') ? id : `sha256:${id}`, instance: instance.join(' ') }
    },

    async replace(slot, release, signal) {
      const images = await readImages()
      for (const each of slots)
        if (!images.has(variableOf(each))) images.set(variableOf(each), release.digest)
      images.set(variableOf(slot), release.digest)
      await writeImages(images)
      await compose(['up', '--detach', '--no-deps', '--no-build', '--pull', 'never', serviceOf(slot)], signal)
    },

    ask: (slot, signal) =>
      askSlot(async (path) => {
        const output = await compose(['exec', '-T', serviceOf(slot), 'node', '-e', askScript, path], signal)
        const answer = readJson(output)
        if (!isRecord(answer) || typeof answer['status'] !== 'number') throw new Error('no answer')
        return { status: answer['status'], body: textOf(answer, 'body') ?? '' }
      }),

    async migrate({ digest }, signal) {
      await writeImages((await readImages()).set(migrateImage, digest))
      await compose(['run', '--rm', '--no-deps', '-T', 'migrate'], signal)
    },

    async exportAssets({ digest }, folder, signal) {
      const created = (await docker(['create', digest], signal)).trim()
      try {
        await mkdir(folder, { recursive: true })
        await docker(['cp', `${created}:/app/public/assets/.`, folder], signal).catch(() => undefined)
      } finally {
        await docker(['rm', created], signal)
      }
    },

    async list(signal) {
      const format = '{{.ID}}'
      const filter = `reference=${image}`
      const ids = await docker(
        ['image', 'ls', '--no-trunc', '--quiet', '--filter', filter, '--format', format],
        signal,
      )
      const unique = [...new Set(ids.trim().split('\n').filter(Boolean))]
      const found = await Promise.all(unique.map((id) => inspectImage(id, signal)))
      return found.filter((release) => release !== undefined)
    },

    async remove({ digest }, signal) {
      await docker(['image', 'rm', digest], signal)
    },
  }
}
