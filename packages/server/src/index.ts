export {
  type EventStream,
  type EventStreamOptions,
  type EventStreamRequest,
  type EventStreamResponse,
  openEventStream,
  type StreamEvent,
} from '@alfred/core'
export type { CloseHook } from './drain/close-hooks.ts'
export { type ClosingResponse, createDrain, type Drain, type DrainResult } from './drain/drain.ts'
export {
  type ClusterDrain,
  type ClusterLike,
  type ClusterWorkerLike,
  drainCluster,
  type DrainClusterOptions,
} from './drain/drain-cluster.ts'
export { drainOnSignals, type DrainOnSignalsOptions } from './drain/drain-on-signals.ts'
export type { DrainOptions } from './drain/drain-options.ts'
export type { ProcessLike } from './drain/end-signals.ts'
export type { DrainableServer } from './drain/server-connections.ts'
export type { ThreadLike } from './drain/thread-drains.ts'
export type { WebSocketDrainOptions, WebSocketLike, WebSocketServerLike } from './drain/web-sockets.ts'
export { createServerHardening, type HardenableServer, hardenServer } from './harden-server/harden-server.ts'
export type { HardenServerOptions } from './harden-server/harden-server-options.ts'
export type { EventLoopDelay } from './load-shedding/event-loop-delay.ts'
export { createLoadShedder, type LoadShedder } from './load-shedding/load-shedder.ts'
export type { LoadShedderOptions } from './load-shedding/load-shedder-options.ts'
export {
  createManagementServer,
  type ManagementServer,
  type ManagementServerOptions,
} from './management-server.ts'
