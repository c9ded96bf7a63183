import type { FindProfiles, UserProfile } from 'passport-s2s'

interface Person extends UserProfile {
  readonly upn: string
  readonly smtp: string
}

/** Whom the servers of this example know. In a real one this is a directory or a table. */
const people: readonly Person[] = [
  {
    id: 'dana',
    upn: 'dana@fabrikam.example',
    smtp: 'dana@fabrikam.example',
    roles: ['readers'],
    rights: ['documents.read', 'reports.read'],
  },
  { id: 'sam', upn: 'sam@fabrikam.example', smtp: 'sam@fabrikam.example', rights: ['documents.read'] },
  // Lee married and was entered anew: two profiles with one mail address.
  { id: 'lee', upn: 'lee@fabrikam.example', smtp: 'lee@fabrikam.example', rights: ['documents.read'] },
  { id: 'lee-2', upn: 'lee.lind@fabrikam.example', smtp: 'lee@fabrikam.example', rights: ['documents.read'] },
]

/** All profiles that have the identifier; every one of them, so that two are seen as two. */
export const findPeople: FindProfiles = ({ attribute, value }) =>
  attribute === 'upn' || attribute === 'smtp' ? people.filter((person) => person[attribute] === value) : []
