import { join } from 'node:path'
import { isAlfredError, type Logger, systemClock } from '@alfred/core'
import { createAlfredMetrics, createOperationsMetrics, createUsageMetrics } from '@alfred/metrics'
import type { AlfredGuard } from '@alfred/prod-security'
import express, { type Express } from 'express'
import { apiPath, routerMounts } from './api-paths.ts'
import type { Dependency } from './banner.ts'
import { noAnswerLog } from './answers/answer-log.ts'
import { createAnswers } from './answers/answers.ts'
import { createRedisAnswerLog } from './answers/redis-answer-log.ts'
import { createBudget } from './budget/budget.ts'
import { payeesOf } from './budget/payees.ts'
import { createSettleAnswer } from './budget/settle-answer.ts'
import { createActiveSessions } from './chat/active-sessions.ts'
import { createChat } from './chat/chat.ts'
import { createChatRoutes } from './chat/chat-routes.ts'
import { type ChatSocket, createChatSocket } from './chat/chat-socket.ts'
import { createChatStore } from './chat/chat-store.ts'
import { startRetention } from './chat/retention.ts'
import { createSessionRoutes } from './chat/session-routes.ts'
import { createSessionStore } from './chat/session-store.ts'
import { createScopeGate } from './client-api-keys.ts'
import { openDataFolder } from './data-folder.ts'
import { createDatabase, type Database } from './database/database.ts'
import { DataFolderInUseError, openEmbeddedDatabase } from './database/embedded-database.ts'
import { openPostgresDatabase } from './database/postgres-database.ts'
import { describeDependencies } from './dependencies.ts'
import { createGuard } from './guard.ts'
import { createHealthChecks, holdReadiness } from './health-checks.ts'
import { keysAreShared } from './key-vault.ts'
import { createMarkdownScript } from './markdown-script.ts'
import { openApiDocument } from './openapi/openapi-document.ts'
import { ownerDigest } from './owners/owner-digest.ts'
import { createOwners } from './owners/owners.ts'
import { createProblemHandler, isFault } from './problems.ts'
import { projectFolder } from './project-folder.ts'
import { storeProviderKeys } from './provider-keys.ts'
import { providerNames } from './providers/chat-provider.ts'
import { createConfiguredProviders } from './providers/configured-providers.ts'
import { createFailover } from './providers/failover.ts'
import { ClientGoneError, sortOf } from './providers/provider-failure.ts'
import { traceProvider } from './providers/traced-provider.ts'
import { createRequestLog } from './request-log.ts'
import { listRoutes } from './route-list.ts'
import type { Settings } from './settings/settings.ts'
import { createTemplateRoutes } from './templates/template-routes.ts'
import { createTemplateStore } from './templates/template-store.ts'

/** The whole server, without its socket. */
export interface Alfred {
  readonly app: Express
  /** The API's routes below `/api/alfred`, as `GET /sessions/:id/messages`. */
  readonly routes: readonly string[]
  /** The chat by WebSocket. */
  readonly socket: ChatSocket
  /** The answers in the making; they end before the database does. */
  readonly answers: AsyncDisposable
  readonly guard: AlfredGuard
  readonly database: Database
  /** Opens the vault and connects to the database; what does not answer is tried again in the background. */
  start(): Promise<void>
  /** What Alfred uses at the moment. */
  dependencies(): readonly Dependency[]
}

/** How long the start waits for the first result of every health check, to say what does not answer. */
const firstChecksMs = 3000

/** How long to wait for the vault's database. */
const vaultRetryMs = 2000

/** Composes Alfred out of its settings. Nothing is connected before {@link Alfred.start}. */
export function createApp(settings: Settings, logger: Logger): Alfred {
  const data = openDataFolder(settings)
  let isStarting = true
  const guard = createGuard({
    settings,
    data,
    logger,
    isStarting: () => isStarting,
    onError(error) {
      metrics.trackError(error)
    },
    describeRequest(request) {
      const owner = owners.known(request)
      return owner === undefined ? undefined : { extra: { owner: ownerDigest(owner) } }
    },
  })
  const metrics = createAlfredMetrics(guard.metrics, { providers: providerNames })
  const driver =
    settings.postgres === undefined
      ? openEmbeddedDatabase(data.database)
      : openPostgresDatabase(settings.postgres)
  const { tracing } = guard
  const database = createDatabase({
    driver,
    folder: projectFolder,
    migratesByCommand: settings.migratesByCommand && settings.postgres !== undefined,
    logger,
    traceQuery: tracing.traceDatabaseQuery,
  })
  database.onQuery((operation, durationMs) => {
    metrics.observeDatabaseQuery(operation, durationMs)
  })
  createOperationsMetrics(guard.metrics).watchDatabasePool(() => {
    const { totalCount, idleCount, waitingCount, options } = database.pool
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount, max: options.max }
  })
  const providers = createConfiguredProviders(settings, guard.vault).map((provider) =>
    traceProvider(provider, tracing),
  )
  const failover = createFailover({
    providers,
    concurrentAnswers: settings.aiConcurrentAnswers,
    onFailure({ provider, reason, retryAfterMs }, err) {
      if (sortOf(reason) === 'busy') {
        logger.info({ provider, reason, retryAfterMs }, 'an AI provider is busy')
        return
      }
      metrics.trackAiFailure(provider)
      guard.alerting.errorTracker.capture(err, { level: 'warning', tags: { provider, reason } })
      logger.warn({ provider, reason, err }, 'an AI provider failed')
    },
  })
  const startUp = holdReadiness(guard.health)

  const requireScope = createScopeGate(settings.clientApiKeys, guard)
  const store = createChatStore(database)
  const owners = createOwners(database)
  const budget = createBudget(database, settings.budget, payeesOf(settings))
  const answers = createAnswers({
    store,
    failover,
    log: settings.redisUrl === undefined ? noAnswerLog : createRedisAnswerLog(settings.redisUrl, logger),
    logger,
    onRound: () => budget.settleAbandoned(),
    onEnd({ provider, durationMs, error, owner, turn }) {
      metrics.trackChatMessage()
      if (provider !== undefined) metrics.observeAiResponse(provider, durationMs)
      if (error === undefined || !isFault(error) || error instanceof ClientGoneError) return
      metrics.trackError(error)
      const extra = { conversation: turn.sessionId, owner: ownerDigest(owner) }
      guard.alerting.errorTracker.capture(error, { level: 'warning', extra })
    },
  })
  const activeSessions = createActiveSessions(systemClock)
  guard.metrics.onScrape(() => {
    metrics.activeSessions.set(activeSessions.count())
  })
  const chat = createChat(answers, budget, store, activeSessions)
  const usage = createUsageMetrics(guard.metrics)
  const settle = createSettleAnswer(budget, (tenant, tokens) => {
    usage.record(tenant, tokens)
  })
  const app = express()
  app.disable('x-powered-by')
  app.use(createRequestLog(logger, routerMounts), guard)
  const shared = { owners, guard, requireScope }
  const sessions = createSessionStore(database)
  const routers = {
    '/templates': createTemplateRoutes({ ...shared, store: createTemplateStore(database), metrics }),
    '/sessions': createSessionRoutes({ ...shared, sessions, store }),
    '': createChatRoutes({ ...shared, chat, answers, settle, budget, providers: failover.names }),
  }
  for (const [mount, router] of Object.entries(routers)) app.use(apiPath + mount, router)
  const socket = createChatSocket({ ...shared, app, chat, answers, settle, providers: failover.names })
  const document = openApiDocument({ ...settings, apiPath, providers: failover.names })
  app.get('/openapi.json', (_request, response) => {
    response.json(document)
  })
  app.use(express.static(join(projectFolder, 'public')), createMarkdownScript())
  app.use(
    guard.notFoundHandler,
    createProblemHandler({
      trackError(error, request) {
        metrics.trackError(error)
        guard.alerting.errorTracker.capture(error, { request, level: 'warning' })
      },
    }),
    guard.errorHandler,
  )

  /** A file that cannot be used ends the start; a database that is away is tried again. */
  const openVault = async (): Promise<void> => {
    try {
      await guard.ready()
      await storeProviderKeys(guard.vault, settings, logger)
    } catch (error) {
      const isAway = isAlfredError(error, 'ALFRED_STORE_UNAVAILABLE')
      if (!isAway || !keysAreShared(settings)) throw error
      logger.warn({ err: error }, 'the key vault does not answer; retrying')
      systemClock.setTimeout(() => {
        openVault().catch((cause: unknown) => {
          logger.error({ err: cause }, 'the key vault cannot be opened')
        })
      }, vaultRetryMs)
    }
  }

  return {
    app,
    routes: Object.entries(routers).flatMap(([mount, router]) => listRoutes(mount, router)),
    socket,
    answers,
    guard,
    database,
    async start() {
      await openVault()
      const failure = await database.start()
      if (failure instanceof DataFolderInUseError) throw failure
      for (const check of createHealthChecks({ database, providers, settings })) guard.health.register(check)
      startUp.end()
      if (settings.retentionDays > 0) startRetention(sessions, settings.retentionDays, logger)
      const tooLate = new Promise<void>((resolve) => systemClock.setTimeout(resolve, firstChecksMs))
      await Promise.race([guard.health.ready(), tooLate])
      isStarting = false
    },
    dependencies: () =>
      describeDependencies({
        settings,
        data,
        database,
        providers: failover.names,
        health: guard.health.snapshot(),
      }),
  }
}
