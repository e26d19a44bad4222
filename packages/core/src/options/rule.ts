import type { ConfigProblem } from '../errors/config-problem.ts'
import { createProblemReport, type OptionRule, type ProblemReport } from './option-rule.ts'

/** What becomes of an option that is left out: it is missed, it is `undefined`, or it has its default. */
type Presence = 'required' | 'optional' | 'defaulted'

/** A rule as a member of an object of options. `Input` is what users write, `Read` what the package gets. */
export interface MemberRule<Read, Input, P extends Presence> extends OptionRule<Read> {
  readonly presence: P
  /** What a defaulted option is when it is left out. */
  readonly fallback: Read | undefined
  /** For inference alone; there is no such member at run time. */
  readonly '~types': { readonly input: Input; readonly read: Read }
}

/** A rule that can be refined. As a member of an object its option is required, unless the rule says otherwise. */
export interface Rule<Read, Input = Read> extends MemberRule<Read, Input, 'required'> {
  /** The option may be left out, and is `undefined` then. */
  optional(): MemberRule<Read, Input, 'optional'>
  /** The option may be left out, and is `value` then. */
  default(value: Read): MemberRule<Read, Input, 'defaulted'>
  /** Refuses what `accepts` does not hold for; `message` says what it must be. Not asked about anything with a problem. */
  refine(accepts: (read: Read) => boolean, message: string): Rule<Read, Input>
  /** Looks at what was read, and reports what is wrong with it. */
  check(look: (read: Read, report: ProblemReport) => void): Rule<Read, Input>
  /** Makes something else of what was read; not called for anything with a problem. */
  map<T>(change: (read: Read) => T): Rule<T, Input>
}

/** What users write for a rule: the type of its options. */
export type Options<R extends MemberRule<unknown, unknown, Presence>> = R['~types']['input']

/** What a rule reads: its options, every default filled in. */
export type Resolved<R extends MemberRule<unknown, unknown, Presence>> = R['~types']['read']

/** Rules by the names of their options. */
export type RuleMap = Readonly<Record<string, MemberRule<unknown, unknown, Presence>>>

/** Goes on with what `read` accepts and has nothing against, inside neither. */
const whenSound =
  <Read, T>(
    read: OptionRule<Read>,
    then: (accepted: Read, report: ProblemReport) => T | undefined,
  ): OptionRule<T> =>
  (value, report) => {
    const problems: ConfigProblem[] = []
    const accepted = read(value, createProblemReport(problems, report.path))
    report.addAll(problems)
    return accepted === undefined || problems.length > 0 ? undefined : then(accepted, report)
  }

/** Gives a function that checks a value what rules offer. */
export function createRule<Read, Input = Read>(read: OptionRule<Read>): Rule<Read, Input> {
  const member = (presence: Presence, fallback?: Read) =>
    Object.assign<OptionRule<Read>, object>((value, report) => read(value, report), { presence, fallback })
  const methods: Pick<Rule<Read, Input>, 'optional' | 'default' | 'refine' | 'check' | 'map'> = {
    optional: () => member('optional') as MemberRule<Read, Input, 'optional'>,
    default: (value) => member('defaulted', value) as MemberRule<Read, Input, 'defaulted'>,
    refine: (accepts, message) =>
      createRule(
        whenSound(read, (accepted, report) => {
          if (accepts(accepted)) return accepted
          report.add('ALFRED_CONFIG_OUT_OF_RANGE', message)
          return undefined
        }),
      ),
    check: (look) =>
      createRule((value, report) => {
        const accepted = read(value, report)
        if (accepted !== undefined) look(accepted, report)
        return accepted
      }),
    map: (change) => createRule(whenSound(read, (accepted) => change(accepted))),
  }
  // The types that `~types` names exist for the compiler alone.
  return Object.assign(member('required'), methods) as Rule<Read, Input>
}
