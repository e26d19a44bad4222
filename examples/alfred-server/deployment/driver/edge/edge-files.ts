import { cp, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../json.ts'
import type { Slot } from '../slot.ts'

/** What differs between two edges. */
export interface EdgeSite {
  /** The names that are served, at least one. */
  readonly names: readonly string[]
  /** Proxies in front, whose `X-Forwarded-For` names the client: addresses or networks. */
  readonly trustedProxies: readonly string[]
  /** Where to listen: `443`, or `127.0.0.1:8443`. */
  readonly listenHttps: readonly string[]
  readonly listenHttp: readonly string[]
  readonly listenStatus: string
  /** The port in the address that http:// is redirected to. */
  readonly publicHttpsPort: number
  /** The folder of the edge, as nginx sees it. */
  readonly root: string
  /** The access log: `/dev/stdout` in a container, else a file in the folder that nginx writes to. */
  readonly accessLog: string
  /** The DNS server that knows the slots; `undefined` where they have addresses. */
  readonly resolver: string | undefined
}

const namePattern = /^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/i
const listenPattern = /^(?:(?:\d+\.){3}\d+:|\[[0-9a-f:]+\]:)?\d{1,5}$/i
const pathPattern = /^[\w./-]+$/
const networkPattern = /^[0-9a-f.:]+(?:\/\d{1,3})?$/i

/** @throws Error naming a value that nginx could read as something else */
export function checkSite(site: EdgeSite): void {
  const every = (what: string, values: readonly string[], pattern: RegExp): void => {
    const wrong = values.find((value) => !pattern.test(value))
    if (wrong !== undefined) throw new Error(`${what}: ${JSON.stringify(wrong)} cannot be used`)
  }
  if (site.names.length === 0) throw new Error('ALFRED_PUBLIC_NAMES: name at least one host')
  every('ALFRED_PUBLIC_NAMES', site.names, namePattern)
  every('ALFRED_TRUSTED_PROXIES', site.trustedProxies, networkPattern)
  every('ALFRED_STATE', [site.root, site.accessLog], pathPattern)
  every('listen', [...site.listenHttp, ...site.listenHttps, site.listenStatus], listenPattern)
}

/** @returns the files of `site/` */
export function siteFiles(site: EdgeSite): Readonly<Record<string, string>> {
  const listen = (addresses: readonly string[], more: string): string =>
    addresses.map((address) => `listen ${address}${more};\n`).join('')
  const port = site.publicHttpsPort === 443 ? '' : `:${String(site.publicHttpsPort)}`
  const realIp = site.trustedProxies.map((proxy) => `set_real_ip_from ${proxy};\n`).join('')
  return {
    'listen-https.conf': listen(site.listenHttps, ' ssl'),
    'listen-https-default.conf': listen(site.listenHttps, ' ssl default_server'),
    'listen-http.conf': listen(site.listenHttp, ''),
    'listen-http-default.conf': listen(site.listenHttp, ' default_server'),
    'listen-status.conf': `listen ${site.listenStatus};\ninclude site/generation.conf;\n`,
    'server-name.conf': `server_name ${site.names.join(' ')};\n`,
    'redirect.conf': `return 301 https://$host${port}$request_uri;\n`,
    'real-ip.conf': realIp === '' ? '' : `${realIp}real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n`,
    'challenges.conf': `root ${site.root}/challenges;\n`,
    'renewal.conf': `alias ${site.root}/renewal/metrics.prom;\n`,
    'backups.conf': `alias ${site.root}/backups/metrics.prom;\n`,
    'assets.conf': `root ${site.root};\n`,
    'log.conf': `access_log ${site.accessLog} edge;\n`,
    'resolver.conf': site.resolver === undefined ? '' : `resolver ${site.resolver} valid=5s ipv6=off;\n`,
  }
}

const replaced = ['nginx.conf', 'nginx', 'site'] as const

/**
 * Writes an edge's folder, or brings it up to date. Slots keep what they are; a new one gets no requests.
 *
 * @param source - the folder with `nginx.conf` and `nginx/`
 * @returns puts back what was there before, for a configuration that nginx does not take
 */
export async function prepareEdgeFolder(
  folder: string,
  source: string,
  site: EdgeSite,
  slots: readonly Slot[],
): Promise<() => Promise<void>> {
  checkSite(site)
  const before = join(folder, 'before')
  await rm(before, { recursive: true, force: true })
  const isUpdate = (await lstat(join(folder, 'nginx.conf')).catch(() => undefined)) !== undefined
  if (isUpdate) {
    for (const part of replaced) await cp(join(folder, part), join(before, part), { recursive: true })
  }
  for (const part of ['site', 'slots', 'certificates', 'challenges', 'renewal', 'backups', 'assets']) {
    await mkdir(join(folder, part), { recursive: true })
  }
  await rm(join(folder, 'nginx'), { recursive: true, force: true })
  await cp(join(source, 'nginx'), join(folder, 'nginx'), { recursive: true })
  await cp(join(source, 'nginx.conf'), join(folder, 'nginx.conf'))
  for (const [name, content] of Object.entries(siteFiles(site))) {
    await replaceFile(join(folder, 'site', name), content)
  }
  await writeFile(join(folder, 'site/generation.conf'), generationFile('0'), { flag: 'wx' }).catch(ifMissing)
  for (const slot of slots) {
    const file = slotFile(folder, slot)
    if ((await lstat(file).catch(() => undefined)) === undefined) {
      await replaceFile(file, slotLine(slot, false, site.resolver !== undefined))
    }
  }
  return async () => {
    if (!isUpdate) return
    for (const part of replaced) {
      await rm(join(folder, part), { recursive: true, force: true })
      await cp(join(before, part), join(folder, part), { recursive: true })
    }
  }
}

function ifMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

export const slotFile = (folder: string, { name }: Slot): string => join(folder, 'slots', `${name}.conf`)

/** `max_fails=0`: nginx never takes a slot out by itself, since with the other one down none would be left. */
export function slotLine({ address }: Slot, isUp: boolean, isName: boolean): string {
  return `server ${address}${isName ? ' resolve' : ''} max_fails=0${isUp ? '' : ' down'};\n`
}

/** What tells which configuration answers: a reload has happened when the new number comes back. */
export const generationFile = (generation: string): string =>
  `location = /edge/generation {\n  return 200 ${generation};\n}\n`

/** Whether the slot's file says that it gets requests. */
export async function slotIsUp(folder: string, slot: Slot): Promise<boolean> {
  const line = await readFile(slotFile(folder, slot), 'utf8').catch(() => '')
  return line !== '' && !/\bdown\b/.test(line)
}
