/** The emoji that are offered, each with its names: the first is the one that is shown, all of them are found. */
const LIST =
  '😀 grinning|😃 smiley|😄 smile happy|😁 grin|😆 laughing satisfied|😅 sweat_smile|🤣 rofl|😂 joy tears|🙂 slight_smile|🙃 upside_down|😉 wink|😊 blush|😇 innocent angel|🥰 smiling_hearts|😍 heart_eyes|🤩 star_struck|😘 kissing_heart|😋 yum|😛 stuck_out_tongue|😜 winking_tongue|🤪 zany|🤑 money_mouth|🤗 hugs hug|🤭 hand_over_mouth|🤫 shushing|🤔 thinking|🤐 zipper_mouth|🤨 raised_eyebrow|😐 neutral|😑 expressionless|😶 no_mouth|😏 smirk|😒 unamused|🙄 roll_eyes|😬 grimacing|🤥 lying|😌 relieved|😔 pensive|😪 sleepy|🤤 drooling|😴 sleeping|😷 mask|🤒 ill thermometer|🤕 hurt bandage|🤢 nauseated|🤮 vomiting|🤧 sneezing|🥵 hot|🥶 cold|🥴 woozy|😵 dizzy_face|🤯 exploding_head mind_blown|🤠 cowboy|🥳 partying party_face|😎 sunglasses cool|🤓 nerd|🧐 monocle|😕 confused|😟 worried|🙁 slight_frown|😮 open_mouth wow|😯 hushed|😲 astonished|😳 flushed|🥺 pleading|😦 frowning|😨 fearful|😰 cold_sweat anxious|😥 disappointed_relieved|😢 cry sad|😭 sob|😱 scream|😖 confounded|😣 persevere|😞 disappointed|😓 sweat|😩 weary|😫 tired|🥱 yawning|😤 triumph|😡 rage|😠 angry|🤬 cursing|😈 smiling_imp|💀 skull|💩 poop|🤡 clown|👻 ghost|👽 alien|🤖 robot|😺 smiley_cat|😹 joy_cat|😻 heart_eyes_cat|🙈 see_no_evil|🙉 hear_no_evil|🙊 speak_no_evil' +
  '|👋 wave hello bye|🤚 raised_back_of_hand|✋ raised_hand|🖖 vulcan|👌 ok_hand ok|🤏 pinching|✌️ v peace|🤞 crossed_fingers|🤟 love_you_gesture|🤘 metal|👈 point_left|👉 point_right|👆 point_up|👇 point_down|👍 thumbsup +1 yes|👎 thumbsdown -1 no|✊ fist|👊 punch|👏 clap|🙌 raised_hands hooray|👐 open_hands|🤝 handshake|🙏 pray thanks please|✍️ writing_hand|💪 muscle strong|🧠 brain|👀 eyes look|👁️ eye|👅 tongue|👄 lips|🤷 shrug|🤦 facepalm|🙋 raising_hand|🙇 bow|🏃 running|🚶 walking|💃 dancer|👶 baby|👩‍💻 woman_technologist|👨‍💻 man_technologist|🧑‍💻 technologist coder' +
  '|❤️ heart love|🧡 orange_heart|💛 yellow_heart|💚 green_heart|💙 blue_heart|💜 purple_heart|🖤 black_heart|🤍 white_heart|💔 broken_heart|💕 two_hearts|💖 sparkling_heart|💯 100 hundred|💢 anger|💥 boom|💫 dizzy|💦 sweat_drops|💨 dash|💬 speech_balloon|💭 thought_balloon|💤 zzz|🔥 fire|✨ sparkles|⭐ star|🌟 star2|⚡ zap|🎉 tada party|🎊 confetti|🎈 balloon|🎁 gift|🎂 birthday cake|🏆 trophy|🥇 first_place|🥈 second_place|🥉 third_place|🏅 medal|🎯 dart target' +
  '|🐶 dog|🐱 cat|🐭 mouse|🐹 hamster|🐰 rabbit|🦊 fox|🐻 bear|🐼 panda|🐨 koala|🐯 tiger|🦁 lion|🐮 cow|🐷 pig|🐸 frog|🐵 monkey|🐔 chicken|🐧 penguin|🐦 bird|🦆 duck|🦉 owl|🐺 wolf|🐴 horse|🦄 unicorn|🐝 bee|🐛 bug|🦋 butterfly|🐌 snail|🐞 ladybug|🐢 turtle|🐍 snake|🐙 octopus|🦀 crab|🐠 fish|🐬 dolphin|🐳 whale|🦈 shark|🐘 elephant|🌵 cactus|🌲 evergreen_tree|🌳 tree|🌱 seedling|🍀 four_leaf_clover luck|🌹 rose|🌻 sunflower|🌼 blossom|🍄 mushroom' +
  '|🍎 apple|🍊 orange|🍋 lemon|🍌 banana|🍉 watermelon|🍇 grapes|🍓 strawberry|🍒 cherries|🍑 peach|🥑 avocado|🍅 tomato|🥕 carrot|🌽 corn|🥔 potato|🍞 bread|🥐 croissant|🥨 pretzel|🧀 cheese|🥚 egg|🥓 bacon|🍔 hamburger|🍟 fries|🍕 pizza|🌭 hotdog|🌮 taco|🥗 salad|🍝 spaghetti|🍜 ramen|🍣 sushi|🍦 icecream|🍩 doughnut|🍪 cookie|🍫 chocolate|🍿 popcorn|☕ coffee|🍵 tea|🍺 beer|🍻 beers cheers|🥂 clinking_glasses|🍷 wine_glass|🍸 cocktail' +
  '|⚽ soccer|🏀 basketball|🏈 football|🎾 tennis|🏐 volleyball|🎱 8ball|🏓 ping_pong|🎮 video_game|🎲 game_die|🧩 jigsaw puzzle|♟️ chess_pawn|🎨 art|🎬 clapper|🎤 microphone|🎧 headphones|🎵 musical_note|🎶 notes|🎸 guitar|🎹 musical_keyboard|🥁 drum' +
  '|🚗 car|🚕 taxi|🚌 bus|🚑 ambulance|🚒 fire_engine|🚜 tractor|🚲 bike|🛴 scooter|🚂 steam_locomotive train|🚄 bullettrain|✈️ airplane|🚀 rocket ship_it|🛸 ufo|🚁 helicopter|⛵ sailboat|🚢 ship|⚓ anchor|🚧 construction|🗺️ world_map|🏠 house|🏢 office|🏖️ beach|⛰️ mountain|🌋 volcano|🌅 sunrise|🌈 rainbow|☀️ sunny sun|⛅ partly_sunny|☁️ cloud|🌧️ rain|⛈️ thunderstorm|❄️ snowflake|☃️ snowman|☔ umbrella|🌊 ocean|🌙 moon|🌍 earth_africa|🌎 earth_americas|🌏 earth_asia' +
  '|⌚ watch|📱 iphone phone|💻 computer laptop|⌨️ keyboard|🖥️ desktop|🖨️ printer|🖱️ computer_mouse|💾 floppy_disk save|💿 cd|📷 camera|📹 video_camera|📞 telephone|📺 tv|⏰ alarm_clock|⏳ hourglass|🔋 battery|🔌 plug|💡 bulb idea|🔦 flashlight|🕯️ candle|🗑️ wastebasket|💸 money_with_wings|💰 moneybag|💳 credit_card|💎 gem|⚖️ scales|🔧 wrench|🔨 hammer|🛠️ tools|⛏️ pick|🔩 nut_and_bolt|⚙️ gear|🧲 magnet|🔬 microscope|🔭 telescope|💊 pill|💉 syringe|🧪 test_tube|🧹 broom|🧻 toilet_paper|🔑 key|🔒 lock|🔓 unlock|🚪 door|🛏️ bed|📦 package|📫 mailbox|📧 email|📝 memo|📄 page|📅 date calendar|📈 chart_up|📉 chart_down|📊 bar_chart|📋 clipboard|📌 pushpin pin|📎 paperclip|📐 triangular_ruler|✂️ scissors|📁 file_folder|📚 books|📖 book|🔖 bookmark|🔗 link|🏷️ label|🔍 mag search|🔔 bell|🔕 no_bell|📣 mega|📢 loudspeaker' +
  '|✅ white_check_mark check done|☑️ ballot_box_with_check|✔️ heavy_check_mark|❌ x cross|❎ negative_cross|❓ question|❗ exclamation|‼️ bangbang|⁉️ interrobang|⚠️ warning|🚫 no_entry_sign|⛔ no_entry|🔴 red_circle|🟠 orange_circle|🟡 yellow_circle|🟢 green_circle|🔵 blue_circle|🟣 purple_circle|⚫ black_circle|⚪ white_circle|🟥 red_square|🟩 green_square|🟦 blue_square|➕ plus|➖ minus|➗ divide|♻️ recycle|🔄 arrows_counterclockwise|🔁 repeat|▶️ arrow_forward play|⏸️ pause|⏹️ stop|⏩ fast_forward|⬆️ arrow_up|⬇️ arrow_down|⬅️ arrow_left|➡️ arrow_right|🆗 ok_button|🆕 new|🆘 sos|💤 sleep|🏁 checkered_flag|🚩 flag|🏳️ white_flag|🏴‍☠️ pirate_flag|🏳️‍🌈 rainbow_flag';

export interface Emoji {
  text: string;
  name: string;
  names: readonly string[];
}

export const emojis: readonly Emoji[] = LIST.split('|').map((entry) => {
  const [text = '', ...names] = entry.split(' ');
  return { text, name: names[0]!, names };
});

const byName = new Map<string, string>();
for (const { text, names } of emojis) for (const name of names) if (!byName.has(name)) byName.set(name, text);

/** The emoji that `:name:` stands for. */
export const emojiOf = (name: string): string | undefined => byName.get(name);

/** Those with a name that holds this, at its beginning first. */
export function findEmoji(typed: string, max: number): Emoji[] {
  const wanted = typed.toLowerCase();
  if (!wanted) return emojis.slice(0, max);
  const begins: Emoji[] = [];
  const holds: Emoji[] = [];
  for (const emoji of emojis) {
    if (emoji.names.some((name) => name.startsWith(wanted))) begins.push(emoji);
    else if (emoji.names.some((name) => name.includes(wanted))) holds.push(emoji);
  }
  return [...begins, ...holds].slice(0, max);
}
