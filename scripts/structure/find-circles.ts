import { type ImportGraph } from './import-graph.ts'

/**
 * The largest groups whose members all reach each other, each in alphabetical order.
 *
 * Tarjan, "Depth-first search and linear graph algorithms" (1972).
 */
export function findCircles(graph: ImportGraph): readonly (readonly string[])[] {
  const circles: string[][] = []
  const order = new Map<string, number>()
  const stack: string[] = []

  function visit(node: string): number {
    const index = order.size
    order.set(node, index)
    stack.push(node)
    let lowest = index
    for (const target of graph.get(node) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target))
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target) ?? index)
    }
    if (lowest === index) {
      const members = stack.splice(stack.indexOf(node))
      if (members.length > 1) circles.push(members.sort())
    }
    return lowest
  }

  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return circles.sort(([a = ''], [b = '']) => a.localeCompare(b))
}
