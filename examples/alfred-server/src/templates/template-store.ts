import type { Database } from '../database/database.ts'
import type { Template } from './template.ts'

const listLimit = 100
const columns = 'id, name, content, placeholders, created_at AS "createdAt"'

/** Keeps the templates. */
export interface TemplateStore {
  /** The newest first, at most a hundred. */
  list(): Promise<readonly Template[]>
  find(id: string): Promise<Template | undefined>
  add(template: Pick<Template, 'name' | 'content' | 'placeholders'>): Promise<Template>
}

/** Keeps the templates in the database. */
export function createTemplateStore({ query }: Database): TemplateStore {
  return {
    list: () =>
      query<Template>(
        `SELECT ${columns} FROM templates ORDER BY created_at DESC, id LIMIT ${String(listLimit)}`,
      ),
    async find(id) {
      const [template] = await query<Template>(`SELECT ${columns} FROM templates WHERE id = $1`, [id])
      return template
    },
    async add({ name, content, placeholders }) {
      const [template] = await query<Template>(
        `INSERT INTO templates (id, name, content, placeholders) VALUES ($1, $2, $3, $4) RETURNING ${columns}`,
        [crypto.randomUUID(), name, content, placeholders],
      )
      if (!template) throw new Error('the database returned no row for the new template')
      return template
    },
  }
}
