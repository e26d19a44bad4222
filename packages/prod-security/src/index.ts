export {
  alertmanagerSink,
  DeliveryError,
  pagerDutySink,
  sentrySink,
  slackSink,
  webhookSink,
} from '@alfred/alerting'
export {
  AlfredConfigError,
  AlfredError,
  type AlfredErrorCode,
  type AlfredErrorDetails,
  isAlfredError,
  type Identity,
  requestContext,
  type RequestContext,
} from '@alfred/core'
export {
  compositeCheck,
  cpuCheck,
  diskCheck,
  eventLoopCheck,
  httpCheck,
  keyVaultCheck,
  memoryCheck,
  postgresCheck,
  redisCheck,
  storageCheck,
  tlsCertificateCheck,
} from '@alfred/health'
export { openEventStream } from '@alfred/server'
export {
  chatMessage,
  code,
  escapeHtml,
  fileName,
  identifier,
  markdown,
  publicLookup,
  renderTemplate,
  template,
  templateContent,
  text,
  url,
} from '@alfred/input-validation'
export { defaultPolicies, type RateLimitPolicy, type Reservation } from '@alfred/rate-limit'
export {
  createFileVaultStore,
  createPostgresVaultStore,
  createRedisVaultStore,
  keyEncryptionKeyFromAwsKms,
  keyEncryptionKeyFromBase64,
  keyEncryptionKeyFromFile,
} from '@alfred/key-vault'
export { createFileClientKeyStore } from '@alfred/key-vault/client-keys'
export { anthropicAdapter, ollamaAdapter, openAiAdapter, tokenAdapter } from '@alfred/key-vault/providers'
export { createAlfredMetrics } from '@alfred/metrics'
export { clearSiteData, nonce, securityHeadersPresets } from '@alfred/security-headers'
export type { AlfredConfig, IdentifyAnswer } from './config/alfred-config.ts'
export type { AlfredGuard, GuardDrainOptions, ListenOptions } from './alfred-guard.ts'
export { alfredHardening } from './alfred-hardening.ts'
export type { LayerConfig, RateLimitConfig } from './layers/layer-config.ts'
export { fromEnv } from './config/from-env.ts'
export { type Preset, type PresetName, presets } from './config/presets.ts'
