export { AlfredError, type AlfredErrorCode, isAlfredError } from './alfred-error.ts'
export {
  addressGroup,
  type ClientAddressResolver,
  createClientAddressResolver,
  type TrustProxy,
  trustProxyRule,
} from './client-address.ts'
export { type Clock, repeat, systemClock, type Timer } from './clock.ts'
export { closestName } from './closest-name.ts'
export {
  AlfredConfigError,
  collectConfigProblems,
  type ConfigProblem,
  type ConfigProblemCode,
} from './config-error.ts'
export { type AlfredEventName, type AlfredEvents, createEventBus, type EventBus } from './events.ts'
export { type Lifecycle, lifecycle } from './lifecycle.ts'
export { type Logger, type LogMethod, noopLogger } from './logger.ts'
export { compose, type ErrorMiddleware, type Middleware, type Next } from './middleware.ts'
export { option, type OptionRule, type ProblemReport, readOptions } from './option-rules.ts'
export { type Problem, problemType, sendProblem } from './problem.ts'
export { type Identity, type RequestContext, requestContext } from './request-context.ts'
export { createPathMatcher, type PathMatch, requestPath } from './request-path.ts'
