export { type AcceptedRange, parseAccept } from './accept-field.ts'
export { addressGroup } from './address/address-group.ts'
export {
  type AddressList,
  addressListRule,
  createAddressList,
  exemptAddressListRule,
} from './address/address-list.ts'
export { type AddressRisk, addressRisk } from './address/address-risk.ts'
export { type ClientAddressResolver, createClientAddressResolver } from './address/client-address.ts'
export { canonicalAddress } from './address/parse-address.ts'
export {
  createProxyCheck,
  type ProxyCheck,
  type ProxyCheckOptions,
  type ProxyFinding,
} from './address/proxy-check.ts'
export type { ProxyProblem } from './address/proxy-problem.ts'
export { type TrustProxy, trustProxyRule } from './address/trust-proxy.ts'
export { AlfredError, type AlfredErrorCode, isAlfredError } from './alfred-error.ts'
export { type Authority, parseAuthority } from './authority.ts'
export { type AwaitedFunctionOptions, createAwaitedFunction } from './awaited-function.ts'
export { type Clock, clockRule, createSafeClock, repeat, systemClock, type Timer } from './clock.ts'
export { closestName } from './closest-name.ts'
export {
  AlfredConfigError,
  collectConfigProblems,
  type ConfigProblem,
  type ConfigProblemCode,
} from './config-error.ts'
export { type Endpoint, endpointCollisions } from './endpoint.ts'
export {
  type AlfredEventName,
  type AlfredEvents,
  createEventBus,
  type EventBus,
  eventBusRule,
} from './events.ts'
export { createDeadline, type Deadline } from './deadline.ts'
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
export { createFaultLog, type FaultLog, type FunctionFault } from './fault-log.ts'
export { dropRejection } from './drop-rejection.ts'
export { createGuardedFunction, type GuardedFunctionOptions } from './guarded-function.ts'
export { createExemptionMatcher } from './exemption-matcher.ts'
export { type BodyOutcome, readBody, type ReadBodyLimits } from './http/read-body.ts'
export { isThenable } from './is-thenable.ts'
export { type Lifecycle, lifecycle } from './lifecycle.ts'
export { closeAfterAnswer } from './lingering-close.ts'
export { createSafeLogger, type Logger, loggerRule, type LogMethod, noopLogger } from './logger.ts'
export {
  compose,
  createErrorAnswer,
  type ErrorAnswer,
  type ErrorMiddleware,
  failWith,
  internalError,
  type Middleware,
  type Next,
} from './middleware.ts'
export { reportMisplaced } from './misplaced-options.ts'
export type { ObjectConstraints } from './object-rule.ts'
export { applyRule, createProblemReport, type OptionRule, type ProblemReport } from './option-rule.ts'
export { option } from './option-rules.ts'
export type { PeerOption, PeerOptions } from './peer-options.ts'
export { isPlainObject, plainEntries } from './plain-object.ts'
export { printable } from './printable.ts'
export { createOverrideMatcher } from './override-matcher.ts'
export type { PathMatcherOptions } from './path-function.ts'
export { exemptPathsRule, type PathFunction, type PathMatch, protectedPathsRule } from './path-match.ts'
export { oncePerRequest } from './once-per-request.ts'
export { type Problem, problemType, sendProblem } from './problem.ts'
export { startOver } from './start-over.ts'
export { createProtectionMatcher, type RequestMatcher } from './protection-matcher.ts'
export {
  type CorsDecision,
  existingRequestContext,
  type Identity,
  type RequestContext,
  requestContext,
} from './request-context.ts'
export { readBoolean } from './read-boolean.ts'
export { readStop } from './read-stop.ts'
export { readIdentity } from './read-identity.ts'
export { inspectOptions, type InspectedOptions, readOptions } from './read-options.ts'
export { createRouteResolver, type RouteResolver } from './route-template.ts'
export { runDetached } from './run-detached.ts'
export { type Settlement, settleWithin } from './settle-within.ts'
export { requestHost } from './request-host.ts'
export { requestPath, requestTarget, routedPath } from './request-path.ts'
export { checkRequestTarget, withCheckedTarget } from './request-target.ts'
export { type FinishedCallback, type FinishingResponse, whenFinished } from './when-finished.ts'
