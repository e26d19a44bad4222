import type { LayerConfigs } from '../layers/layer-types.ts'

/** A named set of layers' options. */
export type PresetName = 'api' | 'app' | 'static' | 'ai' | 'strict'

/** What a preset says of the layers: options as a configuration file could hold them. */
export type Preset = Readonly<
  Pick<
    LayerConfigs,
    'bodyGuard' | 'csrf' | 'headers' | 'html' | 'loadShedding' | 'markdown' | 'rateLimit' | 'requestLimits'
  >
>

const minuteMs = 60_000

/**
 * The presets, as the options they stand for. An option of the configuration wins over the same option of its preset.
 *
 * - `api`: answers are data. The headers let a browser show and run nothing, and bodies are JSON or refused.
 * - `app`: pages with their own scripts and API. Scripts carry the nonce.
 * - `static`: files, whose scripts are files too. Bodies are left unread.
 * - `ai`: an assistant, as the example. 100 requests in 15 minutes per address on `/api`; 10 questions a minute and 10 answers at a
 *   time per user on `/api/alfred/chat`.
 * - `strict`: nothing that can be refused is let pass. Nonces for styles too, Trusted Types, 300 requests a minute, no
 *   parameter twice, 100 KiB of body that is JSON, requests refused while the event loop is late.
 */
export const presets: Readonly<Record<PresetName, Preset>> = Object.freeze({
  api: { headers: { preset: 'api' }, bodyGuard: { otherTypes: 'refuse' } },
  app: { headers: { preset: 'spa' } },
  static: { headers: { preset: 'static' }, bodyGuard: false },
  ai: {
    rateLimit: {
      policies: [
        {
          name: 'api',
          limit: 100,
          windowMs: 15 * minuteMs,
          key: 'address',
          match: '/api',
          onStoreError: 'local',
        },
        {
          name: 'chat',
          limit: 10,
          windowMs: minuteMs,
          key: 'user',
          match: '/api/alfred/chat',
          onStoreError: 'local',
        },
        {
          name: 'streams',
          algorithm: 'concurrency',
          limit: 10,
          windowMs: minuteMs / 2,
          key: 'user',
          match: '/api/alfred/chat',
        },
      ],
    },
  },
  strict: {
    headers: { preset: 'strict' },
    rateLimit: {
      policies: [{ name: 'requests', limit: 300, windowMs: minuteMs, key: 'address', onStoreError: 'local' }],
    },
    requestLimits: { repeatedParameters: 'reject' },
    bodyGuard: { maxBytes: 100 * 1024, otherTypes: 'refuse' },
    loadShedding: true,
  },
})
