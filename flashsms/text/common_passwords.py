"""The passwords that are guessed first: words that, with a few digits after them, make most."""

_FOLDED = """
00000000 01234567 0123456789 11111111 111111111 1111111111 11112222 11223344 112233445566
11235813 12121212 12131415 123123123 123123123123 12312312 123321123 12341234 1234554321
12345678 123456789 1234567890 12345678910 123456789a 123456789q 1234567891 12345679 123454321
1234qwer 123654789 123698745 12qwaszx 13131313 135792468 147147147 147258369 147852369
159357456 159753456 159753852 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz1qaz 1qaz2wsx
1qaz2wsx3edc 1qazxsw2 20202020 21212121 22222222 23232323 23456789 25252525 258258258 31415926
33333333 44444444 55555555 66666666 741852963 77777777 789456123 78945612 87654321 88888888
963852741 987654321 9876543210 98765432 99999999 999999999 a1234567 a12345678 a123456789
a1b2c3d4 a1s2d3f4 aa123456 aaaaaaaa abc12345 abc123456 abcd1234 abcdefgh abcdefghi abcdefghij
access admin administrator adminadmin alexander alexandra allah amanda america amoako andrea
andrew angel angela anthony apple applepie arsenal arsenalfc asdasdasd asdf1234 asdfasdf
asdfghjk asdfghjkl ashley azerty azertyuiop babygirl babylove bailey banana barcelona baseball
basketball batman beautiful benjamin bestfriend bigboss billionaire bismillah blackstars
blahblah blessed blessing blessings brandon brooklyn business butterfly buttercup california
caroline cassandra changeit changeme charles charlie charlotte cheese chelsea chelseafc
chocolate christ christian christina christmas christopher cocacola company computer
coolcool cookie corvette cristina daddy daniel danielle darkness database default desmond
diamond dolphin donald dragon dreamer dropdead ecowas einstein elephant elizabeth emmanuel
eternity everlasting everton everyday evelyn excellent facebook faith family favour
february ferrari fireball firebird flashsms flower flowers football forever forgetit
fortune forward freedom friend friends fuckyou gabriel garfield gateway genesis george
ghana ghanaian ghanaman godbless goddess godisable godisgood godisgreat godislove
godson goldfish google grace graceland guardian guest guitar hallelujah hannah happiness
happy happyday harmony harvard heather heaven heavenly hello hellohello helloworld highlife
holyghost holyspirit hotmail hunter hustler iamblessed iloveallah iloveghana ilovegod
ilovehim ilovejesus ilovemum ilovemyself iloveu iloveyou iloveyouso infinity inspiron
instagram internet israel jackson january jasmine jehovah jeremiah jessica jesus
jesuschrist jesusislord jesusloves jesuslovesme johnson jonathan jordan joseph joshua
juventus killer kingdom kingkong kofi komfo kotoko kumasi kwame lakers letmein letmeinnow
linkedin liverpool liverpoolfc loveforever lovelove lovely loveme lovers loveyou lucky
madonna maggie manager manchester mandela marketing marlboro master mastermind matthew
maverick mercedes merciful mercy metallica michael michelle mickey microsoft midnight
miracle mobile moneymaker monkey monster moonlight mother motherlove muhammad mustang
myfamily mylove mypassword myspace nathaniel newyork nicholas nicole nkrumah nothing november
office omega oneness onelove opensesame operator orange owner pa55w0rd pa55word p@55w0rd
p@55word p@ssw0rd p@ssword paradise passme passpass passphrase passw0rd password
passwordpassword passwort patience patricia patrick peaches peanut pepper peterson
playstation pokemon prayer precious president prince princess private prosperity
psalm purple qazwsx qazwsxedc qazxsw qazxswedc qq123456 qwaszx qwer1234 qweasd qweasdzxc
qweqweqwe qwert qwerty qwerty1234 qwertyu qwertyui qwertyuiop qwertyqwerty qwertz qwertzuiop
rainbow raymond realmadrid rebecca redeemer remember richard robert ronaldo royal samantha
samsung samuel saturday scorpion scooter secret secure security september serendipity
servant service shadow shalom sharon sheila shop silver snoopy snowball snowflake solomon
spiderman spongebob standard starwars steelers stephanie stephen student success summer
sunday sunflower sunlight sunshine superman supersonic superstar support sweetheart sweetie
sweetness swordfish system tamale taylor teacher telephone test testing testtest thankgod
thankyou thomas thunder tiger tinkerbell toyota travel trinity trustingod trustno trustno1
twilight united universe unknown user valentine vanessa vaseline victoria victory village
vincent volleyball waterfall wealth webmaster welcome welcomehome westside whatever whatsapp
whiskey william windows winner winston wisdom wonderful wordpass xxxxxxxx yahoo yamaha
yellow zachary zaq12wsx zaq1zaq1 zaqxsw zidane zxcvbn zxcvbnm zxcvbnma
"""
COMMON = frozenset(_FOLDED.split())
