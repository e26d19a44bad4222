import type { Logger } from '@alfred/core'
import { runner } from 'node-pg-migrate'
import type { Client } from 'pg'

/**
 * Brings the schema up to date with the SQL files of `folder`, in one transaction. Instances that start
 * together wait for each other on an advisory lock.
 *
 * @returns the names of the migrations that ran
 */
export async function migrate(client: Client, folder: string, logger: Logger): Promise<readonly string[]> {
  const say = (level: 'debug' | 'warn') => (message: string) => {
    logger[level]({ from: 'node-pg-migrate' }, message)
  }
  const done = await runner({
    dbClient: client,
    dir: folder,
    direction: 'up',
    migrationsTable: 'migrations',
    singleTransaction: true,
    advisoryLockMode: 'wait',
    // It prints the SQL of every step as information, and every error is thrown as well.
    logger: { info: say('debug'), warn: say('warn'), error: say('debug') },
  })
  return done.map(({ name }) => name)
}
