export { findChromium, launchChromium, type LaunchChromiumOptions } from './browsers/chromium.ts'
export { type EventCause, type EventCauses, eventContract } from './conformance/event-contract.ts'
export { createFakeClock, type FakeClock } from './time/fake-clock.ts'
export {
  type FakeObjectStorage,
  startFakeObjectStorage,
  type StorageFault,
} from './services/fake-object-storage.ts'
export { findFirefox, type Firefox, launchFirefox } from './browsers/firefox.ts'
export { forkProcess } from './processes/fork-process.ts'
export { freePort } from './network/free-port.ts'
export { type HeldBody, measureHeldHeap } from './measures/held-heap.ts'
export { createLeakWatch, type LeakWatch } from './measures/leak-watch.ts'
export { minCpuMs } from './measures/min-cpu-ms.ts'
export { listening, listenOn } from './network/listening.ts'
export {
  startAlertmanager,
  startPrometheus,
  type StartMonitoringOptions,
} from './services/monitoring-services.ts'
export { passTime } from './time/pass-time.ts'
export {
  type PostgresService,
  startPostgres,
  type StartPostgresOptions,
} from './services/postgres-service.ts'
export {
  rateLimitStoreConformance,
  type RateLimitStoreConformanceOptions,
  type RateLimitStoreHarness,
  type RateLimitStoreLimitation,
  type RateLimitStoreUnderTest,
} from './conformance/rate-limit-store-conformance.ts'
export { type ReceivedPost, type Receiver, type ReceiverAnswer, startReceiver } from './network/receiver.ts'
export {
  type RedisCluster,
  startRedisCluster,
  type StartRedisClusterOptions,
} from './services/redis-cluster.ts'
export { type RedisSentinel, startRedisSentinel } from './services/redis-sentinel.ts'
export { type RedisWithTls, startRedisWithTls } from './services/redis-with-tls.ts'
export { type RedisService, startRedis, type StartRedisOptions } from './services/redis-service.ts'
export type { Service } from './services/service.ts'
export { createTestCertificate, type TestCertificate } from './network/test-certificate.ts'
export { waitFor, type WaitForOptions } from './time/wait-for.ts'
export { startFakeAnthropic } from './fake-providers/anthropic.ts'
export {
  type FakeProvider,
  type FakeProviderOptions,
  type ProviderFault,
  type ReceivedRequest,
} from './fake-providers/fake-provider.ts'
export { startFakeAnthropicAdmin } from './fake-providers/anthropic-admin.ts'
export { type AdminFault, type AdministeredKey, type FakeKeyAdmin } from './fake-providers/key-admin.ts'
export { startFakeOpenAiAdmin } from './fake-providers/openai-admin.ts'
export { type FakeKms, startFakeKms } from './fake-providers/kms.ts'
export { startFakeOllama } from './fake-providers/ollama.ts'
export { startFakeOpenAi } from './fake-providers/openai.ts'
