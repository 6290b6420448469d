/** Something that a specification forbids and that was seen: its section (of RFC 6455 where no other is named), and what it was. */
export interface Violation {
  section: string;
  text: string;
}
