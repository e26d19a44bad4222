import { aiDashboard } from './ai-dashboard.ts'
import type { DashboardDefinition } from './dashboard-definition.ts'
import { keysDashboard } from './keys-dashboard.ts'
import { overviewDashboard } from './overview-dashboard.ts'
import { runtimeDashboard } from './runtime-dashboard.ts'
import { securityDashboard } from './security-dashboard.ts'

/** Every dashboard of the example. */
export const dashboards: readonly DashboardDefinition[] = [
  overviewDashboard,
  aiDashboard,
  securityDashboard,
  keysDashboard,
  runtimeDashboard,
]
