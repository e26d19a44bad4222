/** A process with several instances of one vault, which all ask for the same rotation at the same moment when it is told to. */
import { openScene, type SceneProvider } from './rotation-scene.ts'
import { openVaultTarget, type VaultTarget } from './vault-targets.ts'

/** What the process is told at its start. */
export interface RotatorsOrder {
  readonly target: VaultTarget
  readonly name: string
  readonly provider: SceneProvider
  readonly instances: number
}

/** Asks for a rotation while this version is current. */
export interface RotateOrder {
  readonly ifVersion: number
}

/** What the process answers: the version that is current, by each instance; none once when all are ready. */
export interface RotatorsReport {
  readonly versions: readonly number[]
}

const { target, name, provider, instances } = JSON.parse(process.argv[2] ?? '') as RotatorsOrder
const access = openVaultTarget(target, instances + 2)
const vaults = await Promise.all(
  Array.from({ length: instances }, () =>
    openScene(access.store(name), { provider, pollMs: 400, graceMs: 800, callTimeoutMs: 2_000 }),
  ),
)

const tell = (report: RotatorsReport): void => {
  process.send?.(report)
}

process.on('message', (order: RotateOrder) => {
  // A failure ends the process, which is noticed.
  void Promise.all(vaults.map((vault) => vault.rotate('openai', order))).then((versions) => {
    tell({ versions })
  })
})
process.on('disconnect', () => {
  process.exit()
})
tell({ versions: [] })
