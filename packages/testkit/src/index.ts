export { findChromium, launchChromium, type LaunchChromiumOptions } from './chromium.ts'
export { type EventCause, type EventCauses, eventContract } from './event-contract.ts'
export { createFakeClock, type FakeClock } from './fake-clock.ts'
export { findFirefox, type Firefox, launchFirefox } from './firefox.ts'
export { forkProcess } from './fork-process.ts'
export { freePort } from './free-port.ts'
export { type HeldBody, measureHeldHeap } from './held-heap.ts'
export { createLeakWatch, type LeakWatch } from './leak-watch.ts'
export { minCpuMs } from './min-cpu-ms.ts'
export { listening, listenOn } from './listening.ts'
export { startAlertmanager, startPrometheus, type StartMonitoringOptions } from './monitoring-services.ts'
export { passTime } from './pass-time.ts'
export { type PostgresService, startPostgres, type StartPostgresOptions } from './postgres-service.ts'
export {
  rateLimitStoreConformance,
  type RateLimitStoreConformanceOptions,
  type RateLimitStoreHarness,
  type RateLimitStoreLimitation,
  type RateLimitStoreUnderTest,
} from './rate-limit-store-conformance.ts'
export { type ReceivedPost, type Receiver, type ReceiverAnswer, startReceiver } from './receiver.ts'
export { type RedisCluster, startRedisCluster, type StartRedisClusterOptions } from './redis-cluster.ts'
export { type RedisSentinel, startRedisSentinel } from './redis-sentinel.ts'
export { type RedisWithTls, startRedisWithTls } from './redis-with-tls.ts'
export { type RedisService, startRedis, type StartRedisOptions } from './redis-service.ts'
export type { Service } from './service.ts'
export { createTestCertificate, type TestCertificate } from './test-certificate.ts'
export { waitFor, type WaitForOptions } from './wait-for.ts'
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
