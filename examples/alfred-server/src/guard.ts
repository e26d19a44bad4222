import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RequestDescription } from '@alfred/alerting'
import type { Logger } from '@alfred/core'
import { type AlfredConfig, type AlfredGuard, alfredHardening, fromEnv } from '@alfred/prod-security'
import { apiPath, routerMounts } from './api-paths.ts'
import { socketPath } from './chat/chat-socket.ts'
import { clientKeysConfig } from './client-api-keys.ts'
import { type ConfigSections, extendSection, readConfigFiles } from './config-files.ts'
import type { DataFolder } from './data-folder.ts'
import { vaultConfig } from './key-vault.ts'
import type { Settings } from './settings/settings.ts'

/** What the guard is made with. */
export interface GuardOptions {
  readonly settings: Settings
  readonly data: DataFolder
  readonly logger: Logger
  /** Whether the start itself still delays the event loop, as when the embedded database is made. */
  readonly isStarting: () => boolean
  readonly onError: (error: unknown) => void
  /** What error reports say of who asked. */
  readonly describeRequest: (request: IncomingMessage) => RequestDescription | undefined
}

/** Builds the hardening from the files in `config`, the environment, and what this server knows of itself. */
export function createGuard(options: GuardOptions): AlfredGuard {
  const { settings, data, logger, isStarting, onError } = options
  const { hardening, maxEventLoopDelayMs, configFolder } = settings
  const sections = readConfigFiles(configFolder)
  const vault = vaultConfig(settings, data)
  const own: AlfredConfig = {
    logger,
    onError,
    allowedHosts: ownHosts(settings.host),
    // Who has no API key is nobody that we know: limits per user count addresses.
    identify: () => undefined,
    vault,
    clientKeys: clientKeysConfig(settings, data, vault, [apiPath, socketPath]),
    loadShedding: maxEventLoopDelayMs > 0 && { maxEventLoopDelayMs, exempt: isStarting },
    rateLimit: extendSection(sections.rateLimit, {
      // Behind a proxy that is not named everybody would be banned with the first.
      bans: hardening['TRUST_PROXY'] !== undefined,
    }),
    ...monitoring(sections, options),
  }
  // What a file says, its layer judges when the guard is built.
  const config = { ...sections, ...own } as AlfredConfig
  return alfredHardening(fromEnv(hardening, config))
}

function monitoring(
  { metrics, tracing, alerting, health }: ConfigSections,
  { settings: { hardening, releaseId, alerting: receivers }, describeRequest }: GuardOptions,
): Pick<AlfredConfig, 'metrics' | 'tracing' | 'alerting' | 'health'> {
  const http = typeof metrics === 'object' ? metrics['http'] : undefined
  return {
    metrics: extendSection(metrics, {
      http: { ...(isSection(http) ? http : {}), mounts: routerMounts },
    }),
    tracing: extendSection(tracing, { mounts: routerMounts }),
    alerting: extendSection(alerting, {
      release: releaseId,
      environment: receivers.environment,
      errorTracker: { sinks: receivers.errorSinks, mounts: routerMounts, describeRequest },
      dispatcher: { sinks: receivers.alertSinks, runbookUrl: receivers.runbookUrl },
    }),
    health: extendSection(health, { releaseId, details: mayOperate(hardening['METRICS_TOKEN']) }),
  }
}

const isSection = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Whether a request carries the operators' token; compared in constant time. Nobody does where none is set. */
function mayOperate(token: string | undefined): (request: IncomingMessage) => boolean {
  if (token === undefined) return () => false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  const expected = digest(`Bearer ${token}`)
  return ({ headers }) => timingSafeEqual(digest(headers.authorization ?? ''), expected)
}

/** The hosts that requests may name where `ALLOWED_HOSTS` does not say: this machine, and the address that the server listens on. */
const ownHosts = (address: string): readonly string[] =>
  ['0.0.0.0', '::'].includes(address) ? [] : [address]
