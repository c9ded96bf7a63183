import type { FindProfiles, UserProfile } from 'passport-s2s'

interface Person extends UserProfile {
  readonly upn: string
  readonly smtp: string
}

/** The names other servers know people by. */
export const dana = { upn: 'dana@fabrikam.example', smtp: 'dana@fabrikam.example' }
export const sam = { upn: 'sam@fabrikam.example', smtp: 'sam@fabrikam.example' }
export const lee = { upn: 'lee@fabrikam.example', smtp: 'lee@fabrikam.example' }
/** Nobody here. */
export const mallory = { upn: 'mallory@fabrikam.example' }

/** Whom the servers of this example know. In a real one this is a directory or a table. */
const people: readonly Person[] = [
  { id: 'dana', ...dana, roles: ['readers'], rights: ['documents.read', 'reports.read'] },
  { id: 'sam', ...sam, rights: ['documents.read'] },
  // Lee married and was entered anew: two profiles with one mail address.
  { id: 'lee', ...lee, rights: ['documents.read'] },
  { id: 'lee-2', upn: 'lee.lind@fabrikam.example', smtp: lee.smtp, rights: ['documents.read'] },
]

/** All profiles that have the identifier; every one of them, so that two are seen as two. */
export const findPeople: FindProfiles = ({ attribute, value }) =>
  attribute === 'upn' || attribute === 'smtp' ? people.filter((person) => person[attribute] === value) : []
