import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AlfredConfigError } from '@alfred/core'
import { type AlfredConfig, presets } from '@alfred/prod-security'
import { z } from 'zod'

const layer = z.union([z.boolean(), z.record(z.string(), z.unknown())]).optional()

/** What each file may configure: a preset, and layers. What stands in a layer is judged by the layer itself. */
const files = {
  'security.production.json': z.strictObject({
    preset: z.enum(Object.keys(presets)).optional(),
    headers: layer,
    cors: layer,
    csrf: layer,
    cspReports: layer,
    rateLimit: layer,
    requestLimits: layer,
    bodyGuard: layer,
  }),
  'monitoring.json': z.strictObject({
    health: layer,
    metrics: layer,
    tracing: layer,
    alerting: layer,
  }),
}

/** The options of a layer, or whether it is on. */
export type LayerSection = boolean | Readonly<Record<string, unknown>> | undefined

/** What the files say of each layer. */
export type ConfigSections = Readonly<Partial<Record<keyof AlfredConfig, LayerSection>>>

/**
 * Reads `security.production.json` and `monitoring.json`.
 *
 * @throws `AlfredConfigError` for a file that cannot be read, is no JSON, or configures something else
 */
export function readConfigFiles(folder: string): ConfigSections {
  const sections = Object.entries(files).map(([name, schema]) => {
    const { data, error } = schema.safeParse(readJson(join(folder, name)))
    if (error) throw refusal(join(folder, name), error.issues[0]?.message ?? '')
    return data
  })
  return Object.assign({}, ...sections) as ConfigSections
}

/** Adds what the server decides to what a file says of a layer. A layer that is off stays off. */
export function extendSection<Added extends object>(section: LayerSection, added: Added): Added | false {
  if (section === false) return false
  return { ...(typeof section === 'object' ? section : {}), ...added }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw refusal(file, error instanceof SyntaxError ? 'is no JSON' : 'cannot be read')
  }
}

const refusal = (path: string, message: string): AlfredConfigError =>
  new AlfredConfigError([{ path, code: 'ALFRED_CONFIG_WRONG_TYPE', message: `${message}.` }])
