using System.Collections.Frozen;

namespace Hubbub.Core.Search;

/// <summary>
/// The letters of Latin, Greek and Cyrillic without what stands on, under and through them, from Unicode's decompositions. A table of its own: the runtime's normalisation needs a library that not every machine has, and an index must not change with
/// its version.
/// </summary>
internal static class Accents
{
    /// <summary>Capitals, and small letters that have no capital of one letter.</summary>
    private const string With =
        "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝĀĂĄĆĈĊČĎĒĔĖĘĚĜĞĠĢĤĨĪĬĮİĴĶĹĻĽŃŅŇŌŎŐŔŖŘŚŜŞŠŢŤŨŪŬŮŰŲŴŶŸŹŻŽƠƯǍǏǑǓǕǗǙǛǞǠǢǦǨǪǬǮǰ" +
        "ǴǸǺǼǾȀȂȄȆȈȊȌȎȐȒȔȖȘȚȞȦȨȪȬȮȰȲʹͺΆΈΉΊΌΎΏΐΪΫΰϒϓϔϴϹЀЁЃЇЌЍЎЙѶӁӐӒӖӚӜӞӢӤӦӪӬӮӰӲӴӸḀḂḄḆḈḊḌḎḐḒḔḖḘḚḜḞḠḢḤḦḨḪḬḮḰḲḴḶḸ" +
        "ḺḼḾṀṂṄṆṈṊṌṎṐṒṔṖṘṚṜṞṠṢṤṦṨṪṬṮṰṲṴṶṸṺṼṾẀẂẄẆẈẊẌẎẐẒẔẖẗẘẙẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸἈἉἊἋἌ" +
        "ἍἎἏἘἙἚἛἜἝἨἩἪἫἬἭἮἯἸἹἺἻἼἽἾἿὈὉὊὋὌὍὐὒὔὖὙὛὝὟὨὩὪὫὬὭὮὯᾀᾁᾂᾃᾄᾅᾆᾇᾈᾉᾊᾋᾌᾍᾎᾏᾐᾑᾒᾓᾔᾕᾖᾗᾘᾙᾚᾛᾜᾝᾞᾟᾠᾡᾢᾣᾤᾥᾦᾧᾨᾩᾪᾫᾬᾭᾮᾯᾲᾳᾴᾶᾷ" +
        "ᾸᾹᾺΆᾼῂῃῄῆῇῈΈῊΉῌῒΐῖῗῘῙῚΊῢΰῤῦῧῨῩῪΎῬῲῳῴῶῷῸΌῺΏῼ";

    /// <summary>The same, letter for letter.</summary>
    private const string Without =
        "AAAAAACEEEEIIIINOOOOOUUUUYAAACCCCDEEEEEGGGGHIIIIIJKLLLNNNOOORRRSSSSTTUUUUUUWYYZZZOUAIOUUUUUAAÆGKOOƷJ" +
        "GNAÆØAAEEIIOORRUUSTHAEOOOOYʹ ΑΕΗΙΟΥΩΙΙΥΥΥΥΥΘΣЕЕГІКИУИѴЖААЕӘЖЗИИОӨЭУУУЧЫABBBCDDDDDEEEEEFGHHHHHIIKKKLL" +
        "LLMMMNNNNOOOOPPRRRRSSSSSTTTTUUUUUVVWWWWWXXYZZZHTWYAAAAAAAAAAAAEEEEEEEEIIOOOOOOOOOOOOUUUUUUUYYYYΑΑΑΑΑ" +
        "ΑΑΑΕΕΕΕΕΕΗΗΗΗΗΗΗΗΙΙΙΙΙΙΙΙΟΟΟΟΟΟΥΥΥΥΥΥΥΥΩΩΩΩΩΩΩΩΑΑΑΑΑΑΑΑΑΑΑΑΑΑΑΑΗΗΗΗΗΗΗΗΗΗΗΗΗΗΗΗΩΩΩΩΩΩΩΩΩΩΩΩΩΩΩΩΑΑΑΑΑ" +
        "ΑΑΑΑΑΗΗΗΗΗΕΕΗΗΗΙΙΙΙΙΙΙΙΥΥΡΥΥΥΥΥΥΡΩΩΩΩΩΟΟΩΩΩ";

    private static readonly FrozenDictionary<char, char> Bare = With.Zip(Without).ToFrozenDictionary(pair => pair.First, pair => pair.Second);

    /// <param name="letter">In upper case.</param>
    public static char Drop(char letter) => Bare.GetValueOrDefault(letter, letter);
}
