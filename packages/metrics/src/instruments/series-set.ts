import {
  type LabelDeclaration,
  type LabelDeclarations,
  maxValueLength,
  otherValue,
  valueCount,
} from './label-declaration.ts'
import { addSeries, createSlots, type Slots } from './slots.ts'

/** One combination of label values and where its numbers stand. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** The labels as the exposition formats write them: `method="GET",route="/chat"`. */
  readonly text: string
  readonly offset: number
}

/** What goes wrong with single values, told to whoever counts it. */
export interface Incidents {
  readonly overflow: (label: string) => void
  readonly rejected: () => void
}

/** All series of one metric, and the handles that write to them. */
export interface SeriesSet<H> {
  readonly slots: Slots
  readonly series: readonly Series[]
  /** The handle of the series with these values; the same one for the same values. */
  readonly bind: (values: Readonly<Record<string, string>>) => H
}

interface Label {
  readonly name: string
  /** What one step of this label's value number adds to a series' key. */
  readonly weight: number
  numberOf(value: unknown): number
  valueOf(number: number): string
}

function createLabel(
  name: string,
  declaration: LabelDeclaration,
  weight: number,
  overflow: (label: string) => void,
): Label {
  const max = valueCount(declaration)
  const open = 'max' in declaration
  // Number 0 is `other`, whatever is declared.
  const values = [otherValue]
  const numbers = new Map<unknown, number>([[otherValue, 0]])
  const add = (value: string): number => {
    numbers.set(value, values.length)
    return values.push(value) - 1
  }
  for (const value of open ? (declaration.known ?? []) : declaration) {
    if (!numbers.has(value)) add(value)
  }
  return {
    name,
    weight,
    numberOf(value) {
      const known = numbers.get(value)
      if (known !== undefined) return known
      if (open && typeof value === 'string' && value.length <= maxValueLength && values.length < max) {
        return add(value)
      }
      overflow(name)
      return 0
    },
    valueOf: (number) => values[number] ?? otherValue,
  }
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '"': '\\"' }

/** A label value as both exposition formats quote it. */
export const escapeLabelValue = (value: string): string =>
  value.replace(/[\\\n"]/g, (character) => escapes[character] ?? character)

/**
 * Builds the series of one metric.
 *
 * @param stride - how many numbers a series has
 * @param createHandle - makes what writes to the numbers that begin at `offset`
 */
export function createSeriesSet<H>(
  declarations: LabelDeclarations,
  stride: number,
  incidents: Incidents,
  createHandle: (slots: Slots, offset: number) => H,
): SeriesSet<H> {
  const slots = createSlots(stride)
  const series: Series[] = []
  const handles = new Map<number, H>()
  const labels: Label[] = []
  let weight = 1
  for (const [name, declaration] of Object.entries(declarations)) {
    labels.push(createLabel(name, declaration, weight, incidents.overflow))
    weight *= valueCount(declaration)
  }

  const create = (numbers: readonly number[]): H => {
    const offset = addSeries(slots)
    const values = labels.map((label, index) => [label.name, label.valueOf(numbers[index] ?? 0)] as const)
    const text = values.map(([name, value]) => `${name}="${escapeLabelValue(value)}"`).join(',')
    series.push({ labels: Object.fromEntries(values), text, offset })
    return createHandle(slots, offset)
  }

  return {
    slots,
    series,
    bind(values) {
      let key = 0
      const numbers = labels.map((label) => {
        const number = label.numberOf(values[label.name])
        key += number * label.weight
        return number
      })
      let handle = handles.get(key)
      if (handle === undefined) handles.set(key, (handle = create(numbers)))
      return handle
    },
  }
}
