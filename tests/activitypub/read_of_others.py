"""What each file of tests/data/activities says, read: messages and listings, and actors (see told.py for the words)."""

MESSAGES = {
    "bonfire/create-direct": (
        "bonfire/pub/actors/tess Create direct Note bonfire/pub/objects/01JCBONFIRE own re ITEM for AMINA "
        "«@amina@nantes.example je suis intéressée»"
    ),
    "bonfire/create-proposal": (
        "bonfire/pub/actors/tess Create public offer service bonfire/pub/objects/01JCBONFIREP own no price "
        "Doulon@47.23,-1.51 pictures:0 “Couture” «Une heure par semaine»"
    ),
    "epicyon/create-direct": (
        "epicyon/users/rita Create direct Note ~/statuses/1788333160001 own re ITEM for AMINA (fr) «@amina c'est "
        "encore libre ?»"
    ),
    "epicyon/create-public": (
        "epicyon/users/rita Create public Note ~/statuses/1788333160002 own pictures:1 (fr) «Récolte du jardin»"
    ),
    "flohmarkt/create-direct": (
        "flohmarkt/users/pia Create direct Note ~/statuses/5a1b own re ITEM for AMINA (en) «Noch da?»"
    ),
    "flohmarkt/create-offer-typed-price": (
        "flohmarkt/users/pia Create public offer sell ~/items/0c1d2e3f-0000-4000-8000-000000000001 own 15.50 EUR/one "
        "@47.2186,-1.5541 negotiable pictures:1 “Rasenmäher” «Mäht Rasen, fast neu.»"
    ),
    "flohmarkt/create-offer": (
        "flohmarkt/users/pia Create public offer sell ~/items/0c1d2e3f-0000-4000-8000-000000000001 own 40 EUR/one "
        "@47.2186,-1.5541 pictures:1 “Rasenmäher” «Mäht Rasen, fast neu.»"
    ),
    "flohmarkt/update-offer": (
        "flohmarkt/users/pia Update public offer sell ~/items/0c1d2e3f-0000-4000-8000-000000000001 own 35 EUR/one "
        "@47.2186,-1.5541 pictures:1 “Rasenmäher” «Mäht Rasen, fast neu.»"
    ),
    "friendica/create-direct": (
        "friendica/profile/odile Create direct Note friendica/objects/4edd2508-4361 own re ITEM for AMINA (fr) "
        "«@amina une question»"
    ),
    "friendica/create-reply": (
        "friendica/profile/odile Create public Note friendica/objects/4edd2508-4361 own re ITEM for AMINA (fr) "
        "«@amina une question»"
    ),
    "gotosocial/create-direct": (
        "gotosocial/users/denis Create direct Note ~/statuses/01JAB4X0DENIS00000000000A1 own re ITEM for AMINA (fr) "
        "«@amina je la prends' volontiers»"
    ),
    "gotosocial/create-public": (
        "gotosocial/users/denis Create public Note ~/statuses/01JAB4X0DENIS00000000000A2 own #nantes pictures:1 (fr) "
        "«Il pleut sur #Nantes»"
    ),
    "gotosocial/update-note": (
        "gotosocial/users/denis Update direct Note ~/statuses/01JAB4X0DENIS00000000000A1 own re ITEM for AMINA (fr) "
        "«@amina je la prends' volontiers»"
    ),
    "lemmy/announce-create-page": (
        "lemmy/c/nantes Announce lemmy/u/ines Create public Page lemmy/post/55 own #nantes pictures:1 (fr) “Où "
        "réparer une perceuse ?” «»"
    ),
    "lemmy/announce-update-page": (
        "lemmy/c/nantes Announce lemmy/u/ines Update public Page lemmy/post/55 own #nantes pictures:1 (fr) “Où "
        "réparer une perceuse ?” «»"
    ),
    "lemmy/create-comment": (
        "lemmy/u/ines Create public Note lemmy/comment/9 own re ITEM for AMINA (fr) «Elle est encore là ?»"
    ),
    "lemmy/create-private-message": "lemmy/u/ines Create direct ChatMessage lemmy/private_message/29 own «Bonjour !»",
    "lemmy/outbox": (
        "OrderedCollection lemmy/c/nantes/outbox of 1: lemmy/c/nantes Announce lemmy/u/ines Create public Page "
        "lemmy/post/55 own #nantes pictures:1 (fr) “Où réparer une perceuse ?” «»"
    ),
    "mastodon/create-direct": (
        "mastodon/users/carla Create direct Note ~/statuses/302 own re ITEM for AMINA (fr) «@amina Bonjour, la "
        "perceuse est-elle libre samedi ?»"
    ),
    "mastodon/create-followers": "mastodon/users/carla Create followers Note ~/statuses/304 own (fr) «Entre nous.»",
    "mastodon/create-public": (
        "mastodon/users/carla Create public Note ~/statuses/301 own #nantes pictures:1 (fr) «Bourse aux vélos samedi "
        "#Nantes»"
    ),
    "mastodon/create-question": "mastodon/users/carla Create public Question ~/statuses/305 own (fr) «Quelle heure ?»",
    "mastodon/create-quote": (
        "mastodon/users/carla Create public Note ~/statuses/306 own (fr) «RE: "
        "https://nantes.example/annonces/7c1f3f0e Belle perceuse.»"
    ),
    "mastodon/create-reply-unlisted": (
        "mastodon/users/carla Create unlisted Note ~/statuses/303 own re ITEM for AMINA (fr) [petite annonce] "
        "«@amina Bonjour, la perceuse est-elle libre samedi ?»"
    ),
    "mastodon/older-create-direct": (
        "old-mastodon/users/bruno Create direct Note ~/statuses/8 own re ITEM for AMINA «@amina Bonjour, la perceuse "
        "est-elle libre samedi ?»"
    ),
    "mastodon/outbox-page": (
        "OrderedCollectionPage mastodon/users/carla/outbox?page=true of None: mastodon/users/carla Announce ITEM | "
        "mastodon/users/carla Create public Note ~/statuses/301 own (fr) «Bourse aux vélos samedi #Nantes»"
    ),
    "mastodon/update-note": (
        "mastodon/users/carla Update direct Note ~/statuses/302 own re ITEM for AMINA (fr) «@amina Bonjour, la "
        "perceuse est-elle libre dimanche ?»"
    ),
    "misskey/create-direct": (
        "misskey/users/9abc0emi01 Create direct Note misskey/notes/9note1 own re ITEM for AMINA "
        "«@amina@nantes.example encore disponible ? Merci»"
    ),
    "misskey/create-home": "misskey/users/9abc0emi01 Create unlisted Note misskey/notes/9note3 own «Pour ma page»",
    "misskey/create-public": (
        "misskey/users/9abc0emi01 Create public Note misskey/notes/9note2 own pictures:1 [nourriture] «Photo du marché»"
    ),
    "misskey/sharkey-update-note": (
        "sharkey/users/9abc0fin01 Update public Note sharkey/notes/9note9 own re ITEM for AMINA «Trouvé !»"
    ),
    "mitra/create-direct": (
        "mitra/users/quentin Create direct Note mitra/objects/0185f5f8-10b5 own re ITEM for AMINA «@amina on se voit "
        "demain ?»"
    ),
    "mitra/proposal": (
        "public offer service mitra/users/quentin/proposals/monero by mitra/users/quentin 0.5 EUR/one nowhere "
        "pictures:0 “Abonnement” «»"
    ),
    "mobilizon/create-comment": (
        "mobilizon/@karim Create public Note mobilizon/comments/6f1 own re ITEM «Peut-on l’essayer ?»"
    ),
    "mobilizon/create-private": (
        "mobilizon/@karim Create direct Note mobilizon/comments/6f2 own re OUR-MESSAGE for AMINA «Je viens à 18 h»"
    ),
    "odd/create-disguised": "odd/u/ursule Create direct Note odd/o/3 own re ITEM [Le résumé] «Le vrai texte»",
    "odd/create-in-keywords": "odd/u/ursule Create public Note odd/o/1 own re ITEM (fr) «Bonjour»",
    "odd/create-renamed": "odd/u/ursule Create direct Note odd/o/2 own re ITEM «Avec d’autres mots»",
    "odd/create-unknown-context": (
        "odd/u/ursule Create direct Note odd/o/7 own re ITEM for AMINA (fr) «Seulement en français»"
    ),
    "peertube/create-comment": (
        "peertube/accounts/manon Create public Note "
        "peertube/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1/comments/2000 own re ITEM for AMINA «Elle vaut < "
        "30 € ? Merci»"
    ),
    "piefed/announce-create-page": (
        "piefed/c/bricolage Announce piefed/u/jules Create public Page piefed/post/7 own pictures:1 (fr) “Établi à "
        "donner” «À prendre sur place.»"
    ),
    "piefed/create-comment": (
        "piefed/u/jules Create public Note piefed/comment/3 own re ITEM for AMINA (fr) «Je passe demain.»"
    ),
    "piefed/create-poll": (
        "piefed/u/jules Create public Question piefed/post/8 own pictures:1 (fr) “Quel jour ?” «À prendre sur place.»"
    ),
    "piefed/create-private-message": "piefed/u/jules Create direct ChatMessage piefed/private_message/4 own «Bonjour»",
    "pixelfed/create-comment": (
        "pixelfed/users/lea Create public Note pixelfed/p/lea/12 own re ITEM for AMINA «Jolie perceuse "
        "@amina@nantes.example»"
    ),
    "pixelfed/create-direct": "pixelfed/users/lea Create direct Note pixelfed/p/lea/13 own for AMINA «On peut venir ?»",
    "pixelfed/create-photo": (
        "pixelfed/users/lea Create public Note pixelfed/p/lea/11 own #nantes pictures:1 «Bords de Loire #nantes»"
    ),
    "pleroma/akkoma-update-note": (
        "akkoma/users/hugo Update direct Note akkoma/objects/1 own re OUR-MESSAGE for AMINA (fr) «Samedi plutôt»"
    ),
    "pleroma/create-chat": "pleroma/users/gaelle Create direct ChatMessage pleroma/objects/3c own «Bonjour Amina»",
    "pleroma/create-direct": (
        "pleroma/users/gaelle Create direct Note pleroma/objects/1a own re ITEM for AMINA (fr) «@amina toujours à "
        "vendre ?»"
    ),
    "pleroma/create-public": (
        "pleroma/users/gaelle Create public Note pleroma/objects/2b own pictures:1 (fr) [vertige] «Vue du toit»"
    ),
    "takahe/create-direct": (
        "takahe/@simon@takahe/ Create direct Note ~posts/101/ own re ITEM for AMINA «@amina je peux passer ?»"
    ),
    "takahe/create-public": "takahe/@simon@takahe/ Create public Note ~posts/102/ own pictures:1 «Bonjour»",
    "takahe/create-unlisted": "takahe/@simon@takahe/ Create unlisted Note ~posts/103/ own [bas] «Doucement»",
    "wordpress/announce-by-blog": (
        "wordpress/?author=0 Announce wordpress/?author=1 Create public Article wordpress/?p=87 own #fete pictures:1 "
        "(fr) “La fête” [Fête […]] «Samedi Fête des voisins.»"
    ),
    "wordpress/create-article": (
        "wordpress/?author=1 Create public Article wordpress/?p=87 own #fete pictures:1 (fr) “La fête” [Fête […]] "
        "«Samedi Fête des voisins.»"
    ),
    "wordpress/create-comment": (
        "wordpress/?author=1 Create public Note wordpress/?c=31 own re ITEM for AMINA (fr) «Merci @amina»"
    ),
    "wordpress/update-article": (
        "wordpress/?author=1 Update public Article wordpress/?p=87 own #fete pictures:1 (fr) “La fête” [Fête […]] "
        "«Samedi Fête des voisins.»"
    ),
}

ACTORS = {
    "bonfire/person": (
        "Person bonfire/pub/actors/tess @tess “Tess” «Couture» keys:1+0 bonfire/pub/shared_inbox bonfire/@tess "
        "discoverable icon place:Nantes@None,None"
    ),
    "bonfire/update-person": (
        "bonfire/pub/actors/tess Update Person ~ @tess “Tess” «Couture» keys:1+0 bonfire/pub/shared_inbox "
        "bonfire/@tess discoverable icon place:Nantes@None,None"
    ),
    "epicyon/person": (
        "Person epicyon/users/rita @rita “Rita” «Jardin» keys:1+0 epicyon/inbox epicyon/@rita approves discoverable "
        "icon Matrix=@rita:matrix.example Site=https://rita.example"
    ),
    "flohmarkt/person": (
        "Person flohmarkt/users/pia @pia “pia” «» keys:1+0 flohmarkt/inbox flohmarkt/~pia discoverable icon"
    ),
    "friendica/forum-group": (
        "Group friendica/profile/forum @forum “Forum du quartier” «» keys:1+0 friendica/inbox "
        "friendica/profile/forum discoverable icon"
    ),
    "friendica/person": (
        "Person friendica/profile/odile @odile “Odile” «Je lis» keys:1+0 friendica/inbox friendica/profile/odile "
        "approves discoverable icon"
    ),
    "gotosocial/key": "key gotosocial/users/denis/main-key of gotosocial/users/denis",
    "gotosocial/person": (
        "Person gotosocial/users/denis @denis “Denis” «Bricoleur» keys:1+0 gotosocial/sharedInbox gotosocial/@denis "
        "approves icon aka:old-mastodon/users/denis Ville=Nantes"
    ),
    "lemmy/group": (
        "Group lemmy/c/nantes @nantes “Nantes” «La ville» keys:1+0 lemmy/inbox lemmy/c/nantes icon "
        "moderators:lemmy/c/nantes/moderators"
    ),
    "lemmy/person": "Person lemmy/u/ines @ines “Inès” «Bonjour» keys:1+0 lemmy/inbox lemmy/u/ines",
    "mastodon/instance-actor": (
        "Application mastodon/actor @mastodon.example “” «» keys:1+0 mastodon/inbox "
        "mastodon/about/more?instance_actor=true approves"
    ),
    "mastodon/older-person": (
        "Person old-mastodon/users/bruno @bruno “” «» keys:1+0 old-mastodon/inbox old-mastodon/@bruno approves "
        "aka:mastodon/users/carla moved:mastodon/users/carla"
    ),
    "mastodon/person": (
        "Person mastodon/users/carla @carla “Carla du quai” «Je répare des vélos.» keys:1+0 mastodon/inbox "
        "mastodon/@carla discoverable icon Site=https://velo.example/carla"
    ),
    "mastodon/update-person": (
        "mastodon/users/carla Update Person ~ @carla “Carla, vélos” «Je répare des vélos.» keys:1+0 mastodon/inbox "
        "mastodon/@carla discoverable icon Site=https://velo.example/carla"
    ),
    "misskey/person": (
        "Person misskey/users/9abc0emi01 @emi “Émi :neko:” «À Rezé» keys:1+0 misskey/inbox misskey/@emi discoverable "
        "icon Site=https://emi.example"
    ),
    "misskey/sharkey-person": (
        "Service sharkey/users/9abc0fin01 @fin “” «» keys:1+1 sharkey/inbox sharkey/@fin approves discoverable"
    ),
    "misskey/update-person": (
        "misskey/users/9abc0emi01 Update Person ~ @emi “Émi :neko:” «À Rezé» keys:1+0 misskey/inbox misskey/@emi "
        "discoverable icon Site=https://emi.example"
    ),
    "mitra/person": (
        "Person mitra/users/quentin @quentin “Quentin” «Monnaies» keys:1+2 nothing mitra/@quentin "
        "aka:old-mastodon/users/quentin $XMR=8Ahza5RM4JQ"
    ),
    "mobilizon/group": (
        "Group mobilizon/@voisins @voisins “Les voisins” «Fêtes» keys:1+0 mobilizon/inbox mobilizon/@voisins "
        "discoverable icon place:Maison de quartier@47.2147,-1.5987"
    ),
    "mobilizon/person": "Person mobilizon/@karim @karim “Karim” «» keys:1+0 mobilizon/inbox mobilizon/@karim",
    "odd/person-of-ill-will": (
        "Person odd/u/ursule @ursuleelusru “Amina<script>alert(1)</script> X-Header: 1” «Moi ici nantes.example "
        "[odd.example]» keys:1+0 nothing odd/u/ursule <b>Site</b>=https://nantes.example/ [odd.example]"
    ),
    "peertube/account": (
        "Person peertube/accounts/manon @manon “Manon” «» keys:1+0 peertube/inbox peertube/accounts/manon"
    ),
    "peertube/channel": (
        "Group peertube/video-channels/bricolage @bricolage “Bricolage” «» keys:1+0 peertube/inbox "
        "peertube/c/bricolage icon"
    ),
    "piefed/group": (
        "Group piefed/c/bricolage @bricolage “Bricolage” «Outils» keys:1+0 piefed/inbox piefed/c/bricolage icon "
        "moderators:piefed/c/bricolage/moderators"
    ),
    "pixelfed/person": "Person pixelfed/users/lea @lea “Léa” «» keys:1+0 pixelfed/f/inbox pixelfed/lea icon",
    "pleroma/person": (
        "Person pleroma/users/gaelle @gaelle “Gaëlle” «Jardin & vélo» keys:1+0 pleroma/inbox pleroma/users/gaelle "
        "icon Ville=Rezé"
    ),
    "takahe/person": (
        "Person takahe/@simon@takahe/ @simon “Simon” «» keys:1+0 takahe/inbox/ takahe/@simon/ discoverable "
        "aka:old-mastodon/users/simon Ville=Nantes"
    ),
    "takahe/update-person": (
        "takahe/@simon@takahe/ Update Person ~ @simon “Simon” «» keys:1+0 takahe/inbox/ takahe/@simon/ discoverable "
        "aka:old-mastodon/users/simon Ville=Nantes"
    ),
    "wordpress/blog-group": (
        "Group wordpress/?author=0 @carnet “Le carnet” «Carnet de quartier» keys:1+0 "
        "wordpress/wp-json/activitypub/1.0/inbox wordpress/author/nora/ discoverable icon "
        "moderators:wordpress/wp-json/activitypub/1.0/collections/moderators aka:wordpress/@nora "
        "Blog=wordpress.example"
    ),
    "wordpress/person": (
        "Person wordpress/?author=1 @nora “Nora” «Carnet de quartier» keys:1+0 "
        "wordpress/wp-json/activitypub/1.0/inbox wordpress/author/nora/ discoverable icon aka:wordpress/@nora "
        "Blog=wordpress.example"
    ),
}
