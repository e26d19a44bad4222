import process from 'node:process'
import {
  AlfredConfigError,
  createEventBus,
  endpointCollisions,
  type Lifecycle,
  lifecycle,
  noopLogger,
  systemClock,
} from '@alfred/core'
import { createAllowedHosts } from '@alfred/security-headers'
import type { AlfredConfig } from './config/alfred-config.ts'
import { nameVariables } from './config/environment-variables.ts'
import { readConfig } from './config/read-config.ts'
import { vainProtections } from './config/vain-protections.ts'
import { hintAtVainSettings, reportPathProblems } from './config/vain-settings.ts'
import { assembleLayers } from './layers/assemble-layers.ts'
import { closeLayers } from './layers/close-layers.ts'
import { createProxyObserver, warnOfProxy } from './layers/proxy-observer.ts'
import { createNotices } from './notices/notice-logger.ts'
import { createRequestHead } from './request/request-head.ts'

/** All layers of a stack, and what they share. */
export type Layers = ReturnType<typeof buildLayers>

/**
 * Builds the layers that a configuration asks for and joins those that know of each other.
 *
 * @throws `AlfredConfigError` naming every problem of every layer at once
 */
export function buildLayers(options: AlfredConfig) {
  const { config, requested, problems } = readConfig(options)
  const { trustProxy = false, publicOrigins = [], clock = systemClock, identify, onError } = config
  const notices = config.logger === undefined ? createNotices(writeToStderr) : undefined
  const logger = notices?.logger ?? (config.logger || noopLogger)
  const events = config.events ?? createEventBus(logger)
  notices?.watch(events)
  const observed = { logger, clock, events }
  const opened: Lifecycle[] = []
  let isReady = false
  const open = <Opened extends Lifecycle>(layer: Opened): Opened => {
    opened.push(layer)
    return layer
  }
  const closeAll = (): Promise<void> => closeLayers(opened, observed)

  try {
    const { allowedHosts: hosts } = config
    if (hosts === undefined) {
      logger.info(
        {},
        'allowedHosts is not set: every Host header is accepted. List the names of this server, or set false',
      )
    }
    const allowedHosts = hosts ? createAllowedHosts({ hosts, logger, events }) : undefined
    const { built, placed, endpoints, awaited } = assembleLayers({
      trustProxy,
      publicOrigins,
      observed,
      requested,
      problems,
      isReady: () => isReady,
      open,
    })
    const head = createRequestHead({ allowedHosts, headers: built.headers, logger, events })
    const proxy = built.rateLimit ?? createProxyObserver({ trustProxy, logger, events })
    if (built.health) open(warnOfProxy(built.health, events, () => proxy.check()))
    problems.push(...endpointCollisions(endpoints), ...reportPathProblems(built))
    // Options that were refused have no types.
    if (problems.length === 0) problems.push(...vainProtections(requested, endpoints))
    if (problems.length > 0) throw new AlfredConfigError(nameVariables(options, problems))
    hintAtVainSettings({ requested, knowsUsers: identify !== undefined, built }, logger)

    const life = lifecycle(closeAll, async () => {
      await Promise.all(awaited.map((layer) => layer.ready()))
      isReady = true
    })
    return {
      shared: { identify, onError, trustProxy, publicOrigins, ...observed },
      life,
      head,
      proxy,
      built,
      placed,
    }
  } catch (error) {
    closeAll().catch((failure: unknown) => {
      logger.error({ err: failure }, 'a layer of a refused configuration could not be closed')
    })
    throw error
  }
}

const writeToStderr = (line: string): void => {
  process.stderr.write(line)
}
