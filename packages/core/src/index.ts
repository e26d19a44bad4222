export { requireSupportedNode } from './supported-node.ts'
export { type AcceptedRange, parseAccept } from './http/accept-field.ts'
export { addressGroup } from './address/address-group.ts'
export {
  type AddressList,
  addressListRule,
  createAddressList,
  exemptAddressListRule,
} from './address/address-list.ts'
export { type AddressRisk, addressRisk } from './address/address-risk.ts'
export {
  type ClientAddressResolver,
  createClientAddressResolver,
  headerList,
} from './address/client-address.ts'
export { canonicalAddress } from './address/parse-address.ts'
export {
  createProxyCheck,
  type ProxyCheck,
  type ProxyCheckOptions,
  type ProxyFinding,
} from './address/proxy-check.ts'
export type { ProxyProblem } from './events/proxy-problem.ts'
export { receiverUrlRule, type ReceiverUrlOptions } from './address/receiver-url.ts'
export { type TrustProxy, trustProxyRule } from './address/trust-proxy.ts'
export { AlfredError, type AlfredErrorOf, isAlfredError } from './errors/alfred-error.ts'
export type { AlfredErrorCode, AlfredErrorDetails } from './errors/error-details.ts'
export { asError } from './errors/as-error.ts'
export { type Authority, parseAuthority } from './request/authority.ts'
export { type AwaitedFunctionOptions, createAwaitedFunction } from './functions/awaited-function.ts'
export { type Clock, clockRule, createSafeClock, repeat, systemClock, type Timer } from './time/clock.ts'
export { closestName } from './options/closest-name.ts'
export { AlfredConfigError, collectConfigProblems } from './errors/config-error.ts'
export type { ConfigProblem, ConfigProblemCode } from './errors/config-problem.ts'
export { comparablePath, type Endpoint, endpointCollisions, endpointPathRule } from './options/endpoint.ts'
export {
  type AlfredEventName,
  type AlfredEvents,
  createEventBus,
  type EventBus,
  eventBusRule,
} from './events/events.ts'
export { createDeadline, type Deadline } from './time/deadline.ts'
export {
  type EventStream,
  type EventStreamDrain,
  type EventStreamOptions,
  type EventStreamRequest,
  type EventStreamResponse,
  openEventStream,
  type StreamEvent,
} from './http/event-stream.ts'
export { reducedCapacity } from './http/reduced-capacity.ts'
export { retryAfterSeconds } from './http/retry-after-seconds.ts'
export { sendRefusal } from './http/send-refusal.ts'
export { createFaultLog, type FaultLog, type FunctionFault } from './functions/fault-log.ts'
export { dropRejection } from './calls/drop-rejection.ts'
export { createGuardedFunction, type GuardedFunctionOptions } from './functions/guarded-function.ts'
export { coversProtected } from './paths/covers-protected.ts'
export { createExemptionMatcher } from './paths/exemption-matcher.ts'
export { parseRetryAfter } from './http/retry-after.ts'
export { type BodyTap, tapBody } from './http/body-tap.ts'
export { type ByteCollector, createByteCollector } from './http/byte-collector.ts'
export { type BodyOutcome, readBody, type ReadBodyLimits } from './http/read-body.ts'
export { isThenable } from './calls/is-thenable.ts'
export { type Lifecycle, lifecycle } from './lifecycle.ts'
export { closeAfterAnswer } from './http/lingering-close.ts'
export { type BoundedCache, createBoundedCache } from './memory/bounded-cache.ts'
export { createSafeLogger, type Logger, loggerRule, type LogMethod, noopLogger } from './logger.ts'
export { type OptionalPackages, requireBeside, requirePackages } from './optional-packages.ts'
export {
  compose,
  createErrorAnswer,
  type ErrorAnswer,
  type ErrorMiddleware,
  failWith,
  internalError,
  type Middleware,
  type Next,
} from './http/middleware.ts'
export { reportMisplaced } from './options/misplaced-options.ts'
export type { GivenObject, ObjectConstraints, ObjectRule, ReadObject } from './options/object-rule.ts'
export { applyRule, createProblemReport, type OptionRule, type ProblemReport } from './options/option-rule.ts'
export { observed } from './observed/observed.ts'
export { option } from './options/option-rules.ts'
export type { MemberRule, Options, Resolved, Rule, RuleMap } from './options/rule.ts'
export type { PeerOption, PeerOptions } from './options/peer-options.ts'
export { isPlainObject, plainEntries } from './options/plain-object.ts'
export { printable } from './errors/printable.ts'
export { createOverrideMatcher } from './paths/override-matcher.ts'
export type { PathMatcherOptions } from './paths/path-function.ts'
export { exemptPathsRule, type PathFunction, type PathMatch, protectedPathsRule } from './paths/path-match.ts'
export { beforeHead, type HeadHook } from './http/before-head.ts'
export { oncePerRequest } from './http/once-per-request.ts'
export { type Problem, problemType, sendProblem } from './http/problem.ts'
export { startOver } from './http/start-over.ts'
export { createProtectionMatcher, type RequestMatcher } from './paths/protection-matcher.ts'
export {
  type CorsDecision,
  existingRequestContext,
  type Identity,
  type RequestContext,
  requestContext,
} from './request/request-context.ts'
export { readBoolean } from './functions/read-boolean.ts'
export { readStop } from './calls/read-stop.ts'
export { readIdentity } from './functions/read-identity.ts'
export { inspectOptions, type InspectedOptions, readOptions } from './options/read-options.ts'
export {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  createCircuitBreaker,
} from './resilience/circuit-breaker.ts'
export { type ConflictRetries, retryOnConflict, type Written } from './resilience/retry-on-conflict.ts'
export { createRouteResolver, type RouteResolver } from './request/route-template.ts'
export { mountsRule } from './request/mounts-rule.ts'
export { runDetached } from './calls/run-detached.ts'
export { runWithDeadline, type WorkDeadline } from './time/run-with-deadline.ts'
export { type Settlement, settleWithin } from './time/settle-within.ts'
export { requestHost } from './request/request-host.ts'
export { requestPath, requestTarget, routedPath } from './request/request-path.ts'
export { checkRequestTarget, withCheckedTarget } from './http/request-target.ts'
export { type FinishedCallback, type FinishingResponse, whenFinished } from './http/when-finished.ts'
