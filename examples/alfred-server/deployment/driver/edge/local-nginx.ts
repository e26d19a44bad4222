import { readdir, readFile, readlink } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import type { RunCommand } from '../run-command.ts'
import type { NginxControl } from './nginx-edge.ts'
import { readTcpTable } from './tcp-table.ts'

export interface LocalNginxOptions {
  /** The program, such as `/usr/sbin/nginx`. */
  readonly program: string
  /** The edge's folder, with `nginx.conf`. */
  readonly folder: string
  /** A folder that nginx writes to: its process id and temporary files. */
  readonly prefix: string
  /** Where `site/listen-status.conf` listens. */
  readonly statusAddress: string
  readonly run: RunCommand
}

/** The arguments that every call of a local nginx begins with. */
export const nginxArguments = ({
  folder,
  prefix,
}: Pick<LocalNginxOptions, 'folder' | 'prefix'>): readonly string[] => [
  '-p',
  prefix,
  '-c',
  join(folder, 'nginx.conf'),
  '-g',
  `pid ${join(prefix, 'nginx.pid')};`,
]

/** An nginx that runs on this machine, as the same user or under root. */
export function createLocalNginx(options: LocalNginxOptions): NginxControl {
  const { program, prefix, statusAddress, run } = options
  const masterId = async (): Promise<string> => (await readFile(join(prefix, 'nginx.pid'), 'utf8')).trim()
  return {
    async test(signal) {
      await run([program, ...nginxArguments(options), '-t', '-q'], { signal })
    },
    async reload() {
      process.kill(Number(await masterId()), 'SIGHUP')
    },
    async generations(count, signal) {
      const answers: string[] = []
      for (let asked = 0; asked < count; asked += 1) {
        const answer = await askGeneration(statusAddress, signal)
        if (answer !== undefined) answers.push(answer)
      }
      return answers
    },
    async connections({ address }) {
      const port = Number(address.slice(address.lastIndexOf(':') + 1))
      const owned = await socketsOf(await withChildren(await masterId()))
      const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readTable(name)))
      return readTcpTable(tables.join('\n')).filter(
        ({ remotePort, inode }) => remotePort === port && owned.has(inode),
      ).length
    },
  }
}

const readTable = (name: string): Promise<string> => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')

function askGeneration(address: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(`http://${address}/edge/generation`, { agent: false, signal }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('end', () => {
        resolve(body.trim())
      })
      response.once('error', () => {
        resolve(undefined)
      })
    })
    request.once('error', () => {
      resolve(undefined)
    })
  })
}

async function withChildren(pid: string): Promise<readonly string[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return [pid, ...children.split(' ').filter(Boolean)]
}

/** @returns the inodes of the sockets that the processes hold */
async function socketsOf(pids: readonly string[]): Promise<ReadonlySet<string>> {
  const inodes = new Set<string>()
  for (const pid of pids) {
    const folder = `/proc/${pid}/fd`
    for (const descriptor of await readdir(folder).catch(() => [])) {
      const target = await readlink(join(folder, descriptor)).catch(() => '')
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode !== undefined) inodes.add(inode)
    }
  }
  return inodes
}
