import { closestName, type ConfigProblem } from '@alfred/core'
import { type Environment, setText } from './read-variables.ts'
import type { Variable } from './variable.ts'
import { variables } from './variables.ts'

/** Names that begin like this are meant for Alfred, so that a slip of the pen is noticed. */
const ownPrefix = /^(ALFRED|CLIENT|OPENAI|ANTHROPIC|OLLAMA)_/

/** What begins alike and belongs to somebody else. */
const foreign: readonly RegExp[] = [
  // Kubernetes names the services of a namespace to every container (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
  /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$/,
  // Read by the SDKs themselves.
  /^OPENAI_(ORG_ID|ORGANIZATION|WEBHOOK_SECRET|LOG|LOG_LEVEL)$/,
  /^ANTHROPIC_(AUTH_TOKEN|LOG|CUSTOM_HEADERS)$/,
  // Of Ollama's server (`ollama serve --help`).
  /^OLLAMA_(CONTEXT_LENGTH|DEBUG|FLASH_ATTENTION|GPU_OVERHEAD|KEEP_ALIVE|KV_CACHE_TYPE|LLM_LIBRARY|LOAD_TIMEOUT)$/,
  /^OLLAMA_(MAX_LOADED_MODELS|MAX_QUEUE|MODELS|NOHISTORY|NOPRUNE|NUM_PARALLEL|ORIGINS|SCHED_SPREAD)$/,
  // Of the deploy driver and the compose files, which hand down their whole environment.
  /^ALFRED_(BACKEND|STATE|SECRETS|HOOKS|RELEASES|(ARCHIVING_)?IMAGE(_[AB]|_MIGRATE)?|COMPOSE_FILE|ENV_FILE|PROJECT|PORT|KEEP_RELEASES)$/,
  /^ALFRED_(PUBLIC_NAMES|TRUSTED_PROXIES|LISTEN|RESOLVER|HTTPS?_PORT|STATUS_PORT|SLOT_[AB]_PORT|EDGE_NETWORK)$/,
  /^ALFRED_(NGINX|NGINX_PREFIX|NODE|QUIET_MS|UNSAFE_STOP_FIRST|REDIS_MAX_MEMORY|\w+_SECONDS|\w+_MEMORY)$/,
  /^ALFRED_(?:DEPLOY|BACKUP|RESTORED?|SCRATCH)_\w+$/,
  /^ALFRED_AGE$/,
  // Of the long evidence runs.
  /^ALFRED_(VERIFY(_\w+)?|CORPORA)$/,
]

const knownNames = Object.entries<Variable>(variables).flatMap(([name, { isSecret }]) =>
  isSecret ? [name, `${name}_FILE`] : [name],
)

const isKnown = new Set(knownNames)

/** Finds variables that were meant for Alfred and that nobody reads. */
export const findUnknownVariables = (environment: Environment): readonly ConfigProblem[] =>
  Object.keys(environment)
    .filter((name) => ownPrefix.test(name) && !isKnown.has(name) && setText(environment, name) !== undefined)
    .filter((name) => !foreign.some((pattern) => pattern.test(name)))
    .map((name) => ({
      path: name,
      code: 'ALFRED_CONFIG_UNKNOWN_KEY',
      message: 'is not read by Alfred.',
      suggestion: closestName(name, knownNames),
    }))
