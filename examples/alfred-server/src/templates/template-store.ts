import type { Database } from '../database/database.ts'
import type { Owner } from '../owners/owners.ts'
import type { Template } from './template.ts'

const listLimit = 100
const columns = 'id, name, content, placeholders, created_at AS "createdAt"'

/** Keeps the templates of each owner. */
export interface TemplateStore {
  /** The newest first, at most a hundred. */
  list(owner: Owner): Promise<readonly Template[]>
  find(owner: Owner, id: string): Promise<Template | undefined>
  add(owner: Owner, template: Pick<Template, 'name' | 'content' | 'placeholders'>): Promise<Template>
  /** @returns whether there was such a template */
  remove(owner: Owner, id: string): Promise<boolean>
}

/** Keeps the templates in the database. */
export function createTemplateStore({ query }: Pick<Database, 'query'>): TemplateStore {
  return {
    list: (owner) =>
      query<Template>(
        `SELECT ${columns} FROM templates WHERE owner = $1 ORDER BY created_at DESC, id LIMIT ${String(listLimit)}`,
        [owner],
      ),
    async find(owner, id) {
      const [template] = await query<Template>(
        `SELECT ${columns} FROM templates WHERE owner = $1 AND id = $2`,
        [owner, id],
      )
      return template
    },
    async add(owner, { name, content, placeholders }) {
      const [template] = await query<Template>(
        `INSERT INTO templates (id, owner, name, content, placeholders)
         VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`,
        [crypto.randomUUID(), owner, name, content, placeholders],
      )
      if (!template) throw new Error('the database returned no row for the new template')
      return template
    },
    async remove(owner, id) {
      const rows = await query('DELETE FROM templates WHERE owner = $1 AND id = $2 RETURNING id', [owner, id])
      return rows.length > 0
    },
  }
}
