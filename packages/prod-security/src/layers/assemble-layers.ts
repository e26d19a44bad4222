import { collectConfigProblems, type Endpoint, type Lifecycle, type Middleware } from '@alfred/core'
import type {
  LayerContext,
  LayerDefinition,
  LayerKey,
  LayerOptions,
  Placed,
  Position,
} from './layer-definition.ts'
import type { BuiltLayers } from './layer-types.ts'
import { layerTable } from './layers.ts'

/** What the rows of the table built. */
export interface Assembly {
  readonly built: Partial<BuiltLayers>
  readonly placed: ReadonlyMap<Position, Middleware>
  readonly endpoints: readonly Endpoint[]
  /** What `guard.ready()` waits for. */
  readonly awaited: readonly Lifecycle[]
}

const isLayerKey = (key: string): key is LayerKey => Object.hasOwn(layerTable, key)

const isOn = <Options extends object>(options: Options | false): options is Options => options !== false

/** The keys of the table, in its order. */
export const layerKeys: readonly LayerKey[] = Object.keys(layerTable).filter(isLayerKey)

const isLifecycle = (layer: object): layer is Lifecycle =>
  ['close', 'ready'].every((method) => typeof Reflect.get(layer, method) === 'function')

/**
 * Builds the layers that are asked for, in the order of the table, then joins them.
 *
 * @param shared - what each row gets; its `open` is told of every layer that has to be closed
 */
export function assembleLayers(shared: Omit<LayerContext, 'built'>): Assembly {
  const built: { -readonly [Key in LayerKey]?: BuiltLayers[Key] } = {}
  const placed = new Map<Position, Middleware>()
  const endpoints: Endpoint[] = []
  const awaited: Lifecycle[] = []
  const connections: (() => void)[] = []
  const context: LayerContext = { ...shared, built }

  const mount = (middleware: Placed): void => {
    for (const [position, layer] of Object.entries(middleware)) placed.set(position as Position, layer)
  }

  const build = <Key extends LayerKey>(key: Key): BuiltLayers[Key] | undefined => {
    const definition: LayerDefinition<Key> = layerTable[key]
    const options: LayerOptions<Key> | false = context.requested[key]
    if (!isOn(options)) return undefined
    const layer = collectConfigProblems(context.problems, () => definition.create(options, context))
    if (layer === undefined) return undefined
    built[key] = layer
    if (isLifecycle(layer)) {
      context.open(layer)
      if (definition.isAwaited === true) awaited.push(layer)
    }
    endpoints.push(...(definition.endpoints?.(layer, options) ?? []))
    mount(definition.middleware?.(layer) ?? {})
    connections.push(() => definition.connect?.(layer, context))
    return layer
  }

  for (const key of layerKeys) build(key)
  for (const connect of connections) connect()
  return { built, placed, endpoints, awaited }
}
