import { type Lifecycle, type Logger, type Clock, settleWithin } from '@alfred/core'

/** How long one layer may take to close: longer than reports and alerts take that wait for a sink. */
export const layerCloseTimeoutMs = 5000

/**
 * Closes layers one after the other, the last first. One that fails or hangs keeps none of the others open.
 *
 * @throws the error of a layer that failed, or an `AggregateError` of several
 */
export async function closeLayers(
  layers: readonly Lifecycle[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  const failures: unknown[] = []
  for (const layer of layers.toReversed()) {
    try {
      const { settled } = await settleWithin(clock, layer.close(), layerCloseTimeoutMs)
      if (!settled) logger.error({ timeoutMs: layerCloseTimeoutMs }, 'a layer did not close in time')
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, 'layers could not be closed')
}
