import { Failure, helpOf, print, readFlags, runCommand } from './command.ts'
import { readCountries } from './countries.ts'
import { placeFlags, placeOf } from './database.ts'
import { addProject, findProject, listProjects, saveSettings, setPaused } from './projects.ts'
import { changeSettings, describeSettings } from './settings.ts'

const USAGE = `npm run project -- COMMAND

  create NAME --countries EE,FI     adds a project and prints its id; "*" says all countries
  list                              shows the projects
  settings PROJECT                  shows the settings of a project
  settings PROJECT NAME=VALUE …     changes some; a value is JSON or text, NAME= goes back to the default
  pause PROJECT                     sends nothing more for it
  resume PROJECT                    sends again

PROJECT is an id or a name.
  --remote            the deployed database instead of the local one
  --persist-to DIR    a local database in another folder, as with npm start`

const flagOptions = {
  ...placeFlags,
  countries: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const only = (given: readonly string[], what: string): string => {
  const [value, extra] = given
  if (value === undefined) throw new Failure(`${what} is missing. ${helpOf('project')}`)
  if (extra !== undefined) {
    throw new Failure(`${extra} is too much: quote a name that holds spaces. ${helpOf('project')}`)
  }
  return value
}

async function project(args: readonly string[]): Promise<void> {
  const { values, positionals } = readFlags('project', args, flagOptions)
  if (values.help) return print(USAGE)
  const [command, ...rest] = positionals
  const place = placeOf(values)
  if (values.countries !== undefined && command !== 'create') {
    throw new Failure('--countries goes with create; later: settings PROJECT countries=EE,FI.')
  }
  switch (command) {
    case 'create': {
      const name = only(rest, 'The name of the new project')
      if (values.countries === undefined) {
        throw new Failure(
          'Say to which countries it may send: --countries EE,FI, or --countries "*" for all.',
        )
      }
      const settings = changeSettings({ countries: readCountries(values.countries) }, [])
      return print(await addProject(place, name, settings))
    }
    case 'list': {
      if (rest.length > 0) throw new Failure(`list takes no ${rest[0]}. ${helpOf('project')}`)
      const projects = await listProjects(place)
      if (projects.length === 0) print('There is no project yet: npm run project -- create NAME …')
      for (const { id, name, paused } of projects)
        print(`${id}  ${name}${paused ? '  (paused)' : ''}`)
      return
    }
    case 'settings': {
      const [idOrName, ...assignments] = rest
      const found = await findProject(
        place,
        only(
          [idOrName].flatMap((x) => x ?? []),
          'The project',
        ),
      )
      if (assignments.length === 0) return print(describeSettings(found.settings).join('\n'))
      const changed = changeSettings(found.settings, assignments)
      await saveSettings(place, found, changed)
      return print(describeSettings(changed).join('\n'))
    }
    case 'pause':
    case 'resume': {
      const paused = command === 'pause'
      const found = await findProject(place, only(rest, 'The project'))
      const changed = await setPaused(place, found.id, paused)
      const state = paused ? 'paused' : 'running'
      return print(
        changed
          ? `${found.name} is ${state}; every server knows within 60 seconds.`
          : `${found.name} is ${state} already.`,
      )
    }
    case undefined:
      throw new Failure(`A command is missing. ${helpOf('project')}`)
    default:
      throw new Failure(`There is no command ${command}. ${helpOf('project')}`)
  }
}

await runCommand(() => project(process.argv.slice(2)))
