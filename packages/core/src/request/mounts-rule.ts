import { option } from '../options/option-rules.ts'

/** The rule for the templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. */
export const mountsRule = option.list(
  option.string({ pattern: /^\/[^*?{}()+\s]+$/, hint: 'a path, with :name for parameters' }),
)
