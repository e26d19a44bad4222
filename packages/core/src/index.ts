export { addressGroup } from './address-group.ts'
export { AlfredError, type AlfredErrorCode, isAlfredError } from './alfred-error.ts'
export {
  type ClientAddressResolver,
  createClientAddressResolver,
  type TrustProxy,
  trustProxyRule,
} from './client-address.ts'
export { type Clock, clockRule, repeat, systemClock, type Timer } from './clock.ts'
export { closestName } from './closest-name.ts'
export {
  AlfredConfigError,
  collectConfigProblems,
  type ConfigProblem,
  type ConfigProblemCode,
} from './config-error.ts'
export {
  type AlfredEventName,
  type AlfredEvents,
  createEventBus,
  type EventBus,
  eventBusRule,
} from './events.ts'
export { isThenable } from './is-thenable.ts'
export { type Lifecycle, lifecycle } from './lifecycle.ts'
export { closeAfterAnswer } from './lingering-close.ts'
export { type Logger, loggerRule, type LogMethod, noopLogger } from './logger.ts'
export { compose, type ErrorMiddleware, type Middleware, type Next } from './middleware.ts'
export { option, type OptionRule, type ProblemReport, readOptions } from './option-rules.ts'
export { type Problem, problemType, sendProblem } from './problem.ts'
export {
  createProxyCheck,
  type ProxyCheck,
  type ProxyCheckOptions,
  type ProxyFinding,
} from './proxy-check.ts'
export type { ProxyProblem } from './proxy-problem.ts'
export {
  existingRequestContext,
  type Identity,
  type RequestContext,
  requestContext,
} from './request-context.ts'
export { createRouteResolver, type RouteResolver } from './route-template.ts'
export {
  createPathMatcher,
  type PathMatch,
  pathMatchRule,
  requestPath,
  requestTarget,
} from './request-path.ts'
