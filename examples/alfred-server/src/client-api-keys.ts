import { type Middleware, requestContext } from '@alfred/core'
import { createFileClientKeyStore, createPostgresClientKeyStore } from '@alfred/key-vault/client-keys'
import type { AlfredConfig, AlfredGuard } from '@alfred/prod-security'
import type { DataFolder } from './data-folder.ts'
import type { VaultConfig } from './key-vault.ts'
import { openPostgresStore } from './postgres-store.ts'
import type { ClientApiKeyMode, Settings } from './settings/settings.ts'

/** What a client key may be allowed to do. */
export type Scope = 'chat:read' | 'chat:write' | 'templates:read' | 'templates:write'

/** Builds a middleware for the routes that need `scope`. */
export type ScopeGate = (scope: Scope) => Middleware

/**
 * Where Alfred keeps the API keys of its clients: in the database, or in a file where that is embedded. They are
 * encrypted as the vault is; the guard notes changes of them in the vault's audit trail.
 *
 * @param paths - the paths that keys are for
 */
export function clientKeysConfig(
  { clientApiKeys: mode, postgres, migratesByCommand }: Settings,
  data: DataFolder,
  { keyEncryptionKey }: VaultConfig,
  paths: readonly string[],
): AlfredConfig['clientKeys'] {
  if (mode === 'off') return false
  return {
    store:
      postgres === undefined
        ? createFileClientKeyStore({ path: data.clientKeys })
        : openPostgresStore(postgres, 'alfred-client-keys', (pool) =>
            createPostgresClientKeyStore({ pool, createTables: !migratesByCommand }),
          ),
    keyEncryptionKey,
    required: mode === 'optional' ? [] : [...paths],
    optional: mode === 'optional' ? paths.flatMap((path) => [path, `${path}/*`]) : undefined,
  }
}

const pass: Middleware = (_request, _response, next) => {
  next()
}

/** Asks for scopes of those who must have a key; where keys are optional, of those who came with one. */
export function createScopeGate(mode: ClientApiKeyMode, guard: Pick<AlfredGuard, 'clientKeys'>): ScopeGate {
  if (mode === 'off') return () => pass
  return (scope) => {
    const check = guard.clientKeys.requireScope(scope)
    if (mode === 'required') return check
    return (request, response, next) => {
      if (requestContext(request).identity) check(request, response, next)
      else next()
    }
  }
}
