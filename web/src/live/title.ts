/** The tab's title, and the sign on its icon: which room, and whether something waits. */
export class Title {
  private room: string | undefined;
  private unread = 0;
  private mentions = 0;

  /** Returns what takes it back. */
  showRoom(name: string): () => void {
    this.room = name;
    this.draw();
    return () => {
      this.room = undefined;
      this.draw();
    };
  }

  /** In how many rooms something is unread, and how many mentions there are. */
  showWaiting(unread: number, mentions: number): void {
    if (unread === this.unread && mentions === this.mentions) return;
    this.unread = unread;
    this.mentions = mentions;
    this.draw();
  }

  private draw(): void {
    const sign = this.mentions > 0 ? `(${this.mentions}) ` : this.unread > 0 ? '• ' : '';
    document.title = `${sign}${this.room ? `${this.room} – ` : ''}Hubbub`;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const wanted = this.mentions > 0 ? '/icon-mention.svg' : this.unread > 0 ? '/icon-unread.svg' : '/icon.svg';
    if (icon && icon.getAttribute('href') !== wanted) icon.setAttribute('href', wanted);
  }
}
