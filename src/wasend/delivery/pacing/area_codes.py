"""
Time zones by the area codes of countries that have several: the longest code that a number begins with tells.

Of mobile numbers the area code tells where they were assigned, which is what can be known; where a country's mobile
numbers have none (Australia, Indonesia, New Zealand, Portugal, Spain, part of Russia), they are not here, and count as
being in any of its zones. Where an area lies in two zones, both are here.

Sources: the table of time zones of libphonenumber 9.0.42, as far as it is about area codes (North America, Indonesia,
Mexico), checked against the national numbering plans; where that table is older than the law, the law: Saratov and
Volgograd, the Mexican state of Chihuahua, western Para. The codes of Russian mobile numbers are the macro-regions to
which they were assigned: the third digit of 91x, 92x, 93x and 98x.
"""

from __future__ import annotations

from typing import Final

# As in `zones`: words that are no digits are zones, `/` begins one that is whole.
NORTH_AMERICA: Final = {
    "America": """
        201 202 203 207 212 215 216 220 223 227 229 231 234 239 240 248 252 260 267 269 272 273 276 283 301 302 304 305
        313 315 317 321 324 326 329 330 332 336 339 347 351 352 363 380 386 401 404 407 410 412 413 419 434 440 443 445
        463 470 472 475 478 484 502 508 513 516 517 518 540 551 561 567 570 571 582 585 586 603 607 609 610 614 616 617
        631 640 645 646 656 667 678 680 681 686 703 704 706 716 717 718 724 727 728 732 734 740 743 754 757 762 765 770
        771 772 774 781 786 802 803 804 810 813 814 821 826 828 835 838 839 843 845 848 854 856 857 859 860 862 863 864
        865 878 904 908 910 912 914 917 919 929 934 937 941 943 947 948 954 959 973 978 980 984 989 New_York, 205 210
        214 217 218 224 225 228 235 251 254 256 262 274 281 309 312 314 316 318 319 320 325 327 331 334 337 346 353 361
        402 405 409 414 417 430 432 447 464 469 479 501 504 507 512 515 531 534 539 557 563 572 573 580 601 608 612 615
        618 629 630 636 641 651 659 660 662 682 689 708 712 713 715 726 730 731 737 763 769 773 779 806 815 816 817 830
        832 847 870 872 901 903 913 918 920 936 938 940 945 952 956 972 975 979 985 Chicago, 206 209 213 253 279 310 323
        341 350 360 369 408 415 424 425 442 503 509 510 530 559 562 564 619 626 628 650 657 661 669 702 707 714 725 738
        747 760 805 818 820 831 840 858 909 916 925 949 951 971 Los_Angeles, 226 249 263 289 343 354 365 382 416 437 438
        450 468 514 519 548 579 613 647 683 705 742 753 819 873 905 942 Toronto, 303 307 385 406 435 505 575 719 720 748
        801 915 970 983 Denver, 219 270 364 423 448 574 606 812 850 906 930 931 Chicago New_York, 308 605 620 701 785
        Chicago Denver, 208 458 541 775 986 Denver Los_Angeles, 368 403 587 780 825 Edmonton, 236 257 604 672 778
        Vancouver, 428 506 782 902 Halifax, 480 520 602 623 Phoenix, 306 474 639 Edmonton Regina, 367 418 581 Halifax
        Toronto, 204 431 584 Winnipeg, 709 879 Halifax St_Johns, 808 /Pacific/Honolulu, 907 Adak Anchorage, 928 Denver
        Phoenix, 867 Edmonton Toronto Whitehorse Winnipeg, 250 Edmonton Vancouver, 807 Toronto Winnipeg
    """,
}
"""By the area code, without the 1 before it."""

OTHERS: Final = {
    "America": """
        551 552 553 554 555 557 558 559 5561 5562 5563 5564 Sao_Paulo, 5581 Sao_Paulo Noronha,
        5565 5566 5567 5569 5592 5595 Manaus, 5568 Rio_Branco, 5597 Manaus Rio_Branco,
        522 523 524 525 527 528 529 Mexico_City, 52983 52984 52987 52998 Cancun,
        52622 52623 52631 52632 52633 52634 52637 52638 52641 52642 52643 52644 52645 52647 52651 52662 Hermosillo,
        52653 Hermosillo Tijuana, 52612 52613 52615 52624 52667 52668 52669 52672 52673 52687 52694 52695 52696 52697
        52698 52311 52319 52323 52324 52325 52327 52389 Mazatlan,
        52616 52646 52658 52661 52663 52664 52665 52686 Tijuana,
        52614 52621 52625 52627 52628 52629 52635 52636 52639 52648 52649 52652 52659 Chihuahua,
        52626 Chihuahua Ojinaga, 52656 Denver Chihuahua, 52867 52868 52877 52878 52897 52899 Matamoros Mexico_City
    """,
    "Asia": """
        7342 7343 7345 7346 7347 7349 735 Yekaterinburg, 7381 Omsk, 7382 7383 7384 7385 7388 7390 7391 7394 Krasnoyarsk,
        7301 7395 Irkutsk, 7302 7416 Yakutsk, 7411 Yakutsk Vladivostok Magadan, 7421 7423 7426 Vladivostok,
        7413 7424 Magadan, 7415 7427 Kamchatka, 7913 7923 7933 7983 Omsk Krasnoyarsk Irkutsk Yakutsk,
        7914 7924 7984 Irkutsk Yakutsk Vladivostok Magadan Kamchatka,
        622 6231 6232 6233 6234 6235 6256 627 Jakarta, 6236 6237 6238 624 6254 Makassar, 629 Jayapura
    """,
    "Atlantic": "34828 34928 34822 34922 Canary, 351292 351295 351296 Azores",
    "Australia": """
        612 Sydney, 6125505 6125514 6125521 Lord_Howe Sydney, 613 Melbourne, 617 Brisbane, 6187 6188 Adelaide,
        61880 Broken_Hill, 61879 61889 Darwin, 6186 6189 Perth
    """,
    "Europe": """
        7401 Kaliningrad, 7472 7473 7474 7475 748 749 781 782 783 7841 7843 7844 7847 7855 7861 7862 7863 7865 7866 7867
        7869 787 7365 Moscow, 7341 7842 7845 7846 7848 7851 Samara,
        7910 7915 7916 7920 7925 7926 7930 7980 7985 Moscow, 7911 7921 7931 7981 Kaliningrad Moscow,
        7918 7928 7938 7988 Moscow Samara, 7912 7917 7922 7927 7932 7937 7982 7987 Moscow Samara /Asia/Yekaterinburg,
        348 349 Madrid, 3512 Lisbon
    """,
    "Pacific": "643 644 646 647 649 Auckland, 64330 Chatham",
}
"""By calling code and area code together."""
